#pragma once

#include <memory>
#include <optional>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/dataset.h"
#include "worker/data/vocabulary.h"

namespace descent {

// The splits of a job. Validation and test are null where the job has none, and otherwise have the
// format of the training set.
struct Datasets {
  std::unique_ptr<const Dataset> train;
  std::unique_ptr<const Dataset> validation;
  std::unique_ptr<const Dataset> test;
  std::optional<Vocabulary> vocabulary;  // of text

  // Of all splits and the vocabulary: ranks that train together must agree on it.
  Digest Fingerprint() const;
};

// Reads every split of a valid job into memory. Blocks. kInvalidArgument: the message has one line
// for each problem of each file.
Result<Datasets> LoadDatasets(const JobSpec& spec);

}  // namespace descent
