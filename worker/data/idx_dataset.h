#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"
#include "worker/data/idx_file.h"
#include "worker/data/pixel_normalizer.h"

namespace descent {

// Images of unsigned bytes and their labels, from PATH-images-idx3-ubyte and PATH-labels-idx1-ubyte
// (each may end in .gz), mapped where they are not compressed and else kept in memory, as bytes,
// and normalised when copied.
class IdxDataset final : public Dataset {
 public:
  struct Options {
    DatasetSpec dataset;
    NormalizeSpec normalize;  // one mean and one std
    // Null for the training set, whose largest label that counts sets the number of classes.
    // Otherwise the training set, whose image size and classes bind this split.
    const IdxDataset* train = nullptr;
    std::optional<std::int64_t> ignore_index;  // a label that need not be below the classes
    bool may_lack_labels = false;              // then there need not be a file of labels
  };

  // Blocks. kInvalidArgument: one line for each problem.
  static Result<std::unique_ptr<IdxDataset>> Load(const Options& options);

  std::int64_t sample_count() const override { return std::ssize(pixels_) / (rows_ * columns_); }
  SampleFormat format() const override {
    return {.feature_count = rows_ * columns_,
            .label_count = labels_.empty() ? 0 : 1,
            .class_count = class_count_,
            .image = ImageShape{.channels = 1, .height = rows_, .width = columns_}};
  }
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override;
  std::vector<std::string> FilesOf(std::int64_t) const override { return {path_}; }
  Digest Fingerprint() const override;

 private:
  explicit IdxDataset(const NormalizeSpec& normalize) : normalizer_(normalize, 1) {}

  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
  std::int64_t class_count_ = 0;
  std::string path_;                      // of the images
  IdxStorage images_;                     // what the pixels lie in
  IdxStorage label_file_;                 // and the labels
  std::span<const std::uint8_t> pixels_;  // [sample_count, rows, columns]
  std::span<const std::uint8_t> labels_;  // [sample_count], or none
  const PixelNormalizer normalizer_;
};

// The loader of the format `idx` (load_datasets.h).
Result<Datasets> LoadIdx(const JobSpec& spec);

}  // namespace descent
