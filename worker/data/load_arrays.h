#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// The loader of the formats `npy` and `npz` (load_datasets.h). Of npy a split's features, labels
// and targets are files of their own, which stay mapped; of npz arrays of one file, which are read
// into memory. A row of features is a sample. Labels are integers from 0, of which the training
// set's largest that counts sets the number of classes, and all splits have the sizes of the
// training set.
Result<Datasets> LoadArrays(const JobSpec& spec);

}  // namespace descent
