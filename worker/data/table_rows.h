#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/table_spec.h"
#include "worker/data/word_codes.h"

namespace descent {

// The rows of a table that are samples, column by column.
struct TableRows {
  // Of each feature. A number is rounded to f32, NaN if it is missing; a word is the code of its
  // category, -1 if it is missing.
  struct Feature {
    std::vector<float> numbers;
    std::vector<std::int32_t> codes;
    WordCodes categories;
  };

  std::int64_t count = 0;
  std::vector<Feature> features;     // in the order of spec.columns
  std::vector<float> targets;        // [count, spec.targets]
  std::vector<std::int32_t> labels;  // [count], of a label: the code of a class or kIgnoredLabel
  WordCodes classes;
};

struct ParsedTable {
  TableSpec spec;  // with its features named (NameFeatures)
  TableRows rows;
};

enum class Answers {
  kRequired,
  kOptional,  // a file without its label or targets is read without them
};

struct TableReading {
  char delimiter = ',';
  Answers answers = Answers::kRequired;
  std::optional<std::int64_t> ignore_index;  // as a label: this number, written without leading 0
};

// Reads a file by a spec. Words of a column whose categories the spec has must be among them, and
// labels among its classes; of other columns they are learned, and ordered at the end. A label that
// is ignored is no class.
// kInvalidArgument: one line for each problem, with the line of the file and the column; a fault of
// the syntax ends the reading. Blocks.
Result<ParsedTable> ParseTable(const std::filesystem::path& path, const TableSpec& spec,
                               const TableReading& reading);

}  // namespace descent
