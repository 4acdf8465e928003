#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/data_spec.h"
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

  // What the training set decided (FittedData).
  std::optional<TableSpec> table;          // of tables: columns, categories and classes
  NormalizeSpec normalize;                 // numbers, not where they come from
  std::vector<std::string> image_classes;  // of image folders, by label

  // Of all splits, and of the words of vocabulary and table: ranks that train together must agree
  // on it.
  Digest Fingerprint() const;
};

// How the features of a job's splits come out of a file, in the words of a job and without need of
// the training set: `spec` without its files, and with what the training set decided declared.
DataSpec FittedData(const DataSpec& spec, const Datasets& datasets);

}  // namespace descent
