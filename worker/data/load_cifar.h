#pragma once

#include <filesystem>
#include <string>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// The loader of the formats `cifar10` and `cifar100` (load_datasets.h): images of 32 x 32 in red,
// green and blue, in the files of a glob one after the other, each of records without a gap:
//   cifar10   label below 10, 3072 pixels [3, 32, 32]
//   cifar100  coarse label below 20, fine label below 100, 3072 pixels
// Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images".
Result<Datasets> LoadCifar(const JobSpec& spec);

// "data_batch_1.bin: 10000 images, if it is of CIFAR-10" for a file whose size fits; else empty.
std::string DescribeCifar(const std::filesystem::path& path);

}  // namespace descent
