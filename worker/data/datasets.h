#pragma once

#include <memory>
#include <optional>

#include "common/hash.h"
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

}  // namespace descent
