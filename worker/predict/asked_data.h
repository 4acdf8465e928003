#pragma once

#include <string>
#include <vector>

#include "common/data_spec.h"
#include "common/result.h"
#include "worker/checkpoint/model_description.h"

namespace descent {

// Samples that a model is asked about. What is empty is as it was in the model's job.
struct AskedData {
  std::string path;
  std::string format;    // as a job file calls it: "csv"
  std::string features;  // of npz: the name of an array
  // Of npy a file, of npz an array, of csv and tsv a column; at most one of the two. If one is
  // given it must be there, and else answers are read where the data have them.
  std::string labels;
  std::string targets;
};

// How such samples are read, as the data of a job that trains on them. In another format than the
// job's they become what the model has learned from:
//   pixels   idx, images, cifar10 and cifar100, of which images get the size of the job's; arrays,
//            whose unsigned bytes are pixels, and whose other numbers are pixels / 255
//   numbers  csv, tsv, npy and npz, by the same numbers of `normalize`
// Folders and words are the names of the model's classes, or their numbers where they have none.
//   kInvalidArgument     a format that is neither, or what is said contradicts itself
//   kFailedPrecondition  the description does not say how the samples of the job were read
Result<DataSpec> DataOf(const AskedData& asked, const ModelDescription& description);

// What the classes of a model are called, by label, where its samples said: of image folders and of
// the words of a table. Else empty.
std::vector<std::string> ClassNamesOf(const ModelDescription& description);

}  // namespace descent
