#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/image_spec.h"
#include "common/shard_planner.h"
#include "common/synthetic_spec.h"
#include "common/table_spec.h"
#include "common/vocabulary_spec.h"

namespace descent {

// Where a job's samples come from and how they are read: the part `data` of a job file. Adding a
// format: docs/adding_a_dataset_format.md.

enum class DataFormat {
  kIdx,
  kText,
  kTokens,
  kImages,
  kCifar10,
  kCifar100,
  kCsv,
  kTsv,
  kNpy,
  kNpz,
  kSynthetic
};

// A part of a text's tokens: [round(first n), round(last n)) of n.
struct FractionRange {
  double first = 0.0;
  double last = 1.0;

  bool operator==(const FractionRange&) const = default;
};

struct DatasetSpec {
  // Of IDX: the prefix of PATH-images-idx3-ubyte[.gz] and PATH-labels-idx1-ubyte[.gz]. Of text: a
  // glob of UTF-8 files. Of tokens and CIFAR: a glob of binary files. Of images: a folder that has
  // a folder for each class. Of tables and arrays: a file; of npy that of the features.
  std::string path;
  DataFormat format = DataFormat::kIdx;
  std::optional<IndexRange> range;        // of samples: only these of the files; absent: all
  std::optional<FractionRange> fraction;  // of text and tokens: only this part; absent: all
  std::int64_t stride = 0;                // of both: tokens between the starts of two samples

  // Of npy: files of arrays; of npz: names of arrays in the file. Either labels or targets.
  std::string features;  // of npz alone
  std::string labels;
  std::string targets;

  std::int64_t samples = 0;     // of synthetic
  double train_fraction = 0.0;  // of validation and test, in place of a path: taken out of training
};

// How the samples of npy and npz are seen.
enum class ArrayShape {
  kFlat,   // each sample's values are features in a row
  kImage,  // [N, H, W] and [N, C, H, W] are images
};

enum class NormalizeFrom { kDeclared, kTrainingSet };

// x = (value - mean) / std, where a pixel is a value of pixel / 255. One number for all features,
// one for each channel of an image, or one for each feature.
struct NormalizeSpec {
  std::vector<double> mean = {0.0};
  std::vector<double> std = {1.0};
  // kTrainingSet: mean and std are those of the training part, for each channel or feature.
  NormalizeFrom from = NormalizeFrom::kDeclared;

  bool operator==(const NormalizeSpec&) const = default;
};

struct DataSpec {
  DatasetSpec train;
  std::optional<DatasetSpec> validation;
  std::optional<DatasetSpec> test;  // evaluated once, at the end
  NormalizeSpec normalize;          // of features
  ImagesSpec images;
  AugmentSpec augment;                 // of the training split's images
  std::optional<Tokenizer> tokenizer;  // of text: byte by default; of tokens: absent by default
  VocabularySpec vocabulary;           // of text and tokens
  TableSpec table;                     // of csv and tsv
  ArrayShape array_shape = ArrayShape::kFlat;  // of npy and npz
  SyntheticSpec synthetic;
  ShuffleSpec shuffle;  // of the training set, anew in each epoch

  // Of no job file: whether files may come without labels and targets, as those do that a model is
  // asked about.
  bool may_lack_answers = false;
};

}  // namespace descent
