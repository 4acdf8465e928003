#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/table_spec.h"
#include "worker/data/file_problems.h"

namespace descent {

// What a column of one file is to the samples.
struct ColumnRole {
  enum class Kind { kIgnored, kNumber, kCategory, kTarget, kLabel };

  Kind kind = Kind::kIgnored;
  std::size_t index = 0;  // among the features (kNumber, kCategory) or the targets

  bool operator==(const ColumnRole&) const = default;
};

// The names of the columns of a file: those of its header, or "0", "1", … without one. Adds to
// `problems` names that are not UTF-8 or there twice.
std::vector<std::string> NameColumns(const TableSpec& spec, std::vector<std::string> header,
                                     FileProblems& problems);

// The spec with the names of the file in place of numbers, and with the columns of features named:
// all that nothing else is said of, in the order of the file, where the spec names none. Adds to
// `problems` every column that is not there, and that there are no features.
TableSpec NameFeatures(TableSpec spec, const std::vector<std::string>& names,
                       FileProblems& problems);

// The spec without label and targets if the file lacks the label or one of the targets.
TableSpec WithoutMissingAnswers(TableSpec spec, const std::vector<std::string>& names);

// The role of each column of a file, by a spec whose features are named. Adds to `problems` every
// column that is not there.
std::vector<ColumnRole> RolesOf(const TableSpec& spec, const std::vector<std::string>& names,
                                FileProblems& problems);

}  // namespace descent
