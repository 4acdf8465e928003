#pragma once

#include <memory>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/dataset.h"

namespace descent {

// The splits of a job. Validation and test are null where the job has none, and otherwise have the
// sample shape and the classes of the training set.
struct Datasets {
  std::unique_ptr<const Dataset> train;
  std::unique_ptr<const Dataset> validation;
  std::unique_ptr<const Dataset> test;

  // Of all splits: ranks that train together must agree on it.
  Digest Fingerprint() const;
};

// Reads every split into memory. Blocks. kInvalidArgument: the message has one line for each
// problem of each file.
Result<Datasets> LoadDatasets(const DataSpec& spec);

}  // namespace descent
