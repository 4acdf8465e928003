#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/image_spec.h"
#include "common/shard_planner.h"
#include "common/vocabulary_spec.h"

namespace descent {

// Where a job's samples come from and how they are read: the part `data` of a job file. Adding a
// format: docs/adding_a_dataset_format.md.

enum class DataFormat { kIdx, kText, kTokens, kImages, kCifar10, kCifar100 };

// A part of a text's tokens: [round(first n), round(last n)) of n.
struct FractionRange {
  double first = 0.0;
  double last = 1.0;

  bool operator==(const FractionRange&) const = default;
};

struct DatasetSpec {
  // Of IDX: the prefix of PATH-images-idx3-ubyte[.gz] and PATH-labels-idx1-ubyte[.gz]. Of text: a
  // glob of UTF-8 files. Of tokens and CIFAR: a glob of binary files. Of images: a folder that has
  // a folder for each class.
  std::string path;
  DataFormat format = DataFormat::kIdx;
  std::optional<IndexRange> range;        // of samples: only these of the files; absent: all
  std::optional<FractionRange> fraction;  // of text and tokens: only this part; absent: all
  std::int64_t stride = 0;                // of both: tokens between the starts of two samples
};

struct DataSpec {
  DatasetSpec train;
  std::optional<DatasetSpec> validation;
  std::optional<DatasetSpec> test;  // evaluated once, at the end
  NormalizeSpec normalize;          // of images
  ImagesSpec images;
  AugmentSpec augment;                 // of the training split's images
  std::optional<Tokenizer> tokenizer;  // of text: byte by default; of tokens: absent by default
  VocabularySpec vocabulary;           // of text and tokens
};

}  // namespace descent
