#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "worker/data/array.h"
#include "worker/data/dataset.h"

namespace descent {

// Samples whose features lie in one array, a row each, and whose labels or targets in another.
// Features are rounded to f32 when copied, and no more is done to them. Immutable.
class ArrayDataset final : public Dataset {
 public:
  struct Options {
    Array features;                   // [N, …], N >= 1, each row of at least one value
    std::optional<Array> labels;      // [N], integers in [0, class_count); not beside targets
    std::optional<Array> targets;     // [N] or [N, K]
    std::int64_t class_count = 0;     // of labels
    std::optional<ImageShape> image;  // of the features, whose count is its product
    std::vector<std::string> files;   // that hold them all
  };

  // Aborts if the options contradict themselves.
  explicit ArrayDataset(Options options);

  std::int64_t sample_count() const override { return options_.features.rows(); }
  SampleFormat format() const override { return format_; }
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override;
  void CopyTargets(std::span<const std::int64_t> samples, std::span<float> targets) const override;
  std::vector<std::string> FilesOf(std::int64_t) const override { return options_.files; }
  Digest Fingerprint() const override;

 private:
  const Options options_;
  const SampleFormat format_;
};

}  // namespace descent
