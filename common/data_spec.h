#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/shard_planner.h"

namespace descent {

// Where a job's samples come from and how they are read: the part `data` of a job file. Adding a
// format: docs/adding_a_dataset_format.md.

enum class DataFormat { kIdx, kText };
enum class Tokenizer { kByte, kChar, kGpt2 };

// A part of a text's tokens: [round(first n), round(last n)) of n.
struct FractionRange {
  double first = 0.0;
  double last = 1.0;

  bool operator==(const FractionRange&) const = default;
};

struct DatasetSpec {
  // Of IDX: the prefix of PATH-images-idx3-ubyte[.gz] and PATH-labels-idx1-ubyte[.gz]. Of text: a
  // glob of UTF-8 files.
  std::string path;
  DataFormat format = DataFormat::kIdx;
  std::optional<IndexRange> range;        // of IDX: only these samples of the files; absent: all
  std::optional<FractionRange> fraction;  // of text: only this part; absent: all
  std::int64_t stride = 0;                // of text: tokens between the starts of two samples
};

// x = (pixel / 255 - mean) / std
struct NormalizeSpec {
  std::vector<double> mean = {0.0};
  std::vector<double> std = {1.0};
};

struct DataSpec {
  DatasetSpec train;
  std::optional<DatasetSpec> validation;
  std::optional<DatasetSpec> test;         // evaluated once, at the end
  NormalizeSpec normalize;                 // of IDX
  Tokenizer tokenizer = Tokenizer::kByte;  // of text
};

}  // namespace descent
