#pragma once

#include <memory>
#include <utility>

#include "worker/data/dataset.h"

namespace descent {

// A dataset that is another one but for what it overrides. Immutable.
class DerivedDataset : public Dataset {
 public:
  std::int64_t sample_count() const override { return base_->sample_count(); }
  SampleFormat format() const override { return base_->format(); }
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override {
    base_->CopySamples(samples, features, tokens, labels);
  }
  void CopyTargets(std::span<const std::int64_t> samples, std::span<float> targets) const override {
    base_->CopyTargets(samples, targets);
  }
  std::vector<std::string> FilesOf(std::int64_t sample) const override {
    return base_->FilesOf(sample);
  }
  Digest Fingerprint() const override { return base_->Fingerprint(); }

 protected:
  explicit DerivedDataset(std::unique_ptr<const Dataset> base) : base_(std::move(base)) {}
  const Dataset& base() const { return *base_; }

 private:
  const std::unique_ptr<const Dataset> base_;
};

}  // namespace descent
