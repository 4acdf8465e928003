#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "worker/data/dataset.h"

namespace descent {

// Some samples of another dataset, in its order: those that are named, or all others. Eight bytes
// of memory for each that is named. Immutable.
class SubsetDataset final : public Dataset {
 public:
  enum class Part { kNamed, kOthers };

  // `named` ascends within [0, base->sample_count()), and the part is not empty, or it aborts.
  SubsetDataset(std::shared_ptr<const Dataset> base, std::vector<std::int64_t> named, Part part);

  std::int64_t sample_count() const override;
  SampleFormat format() const override { return base_->format(); }
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override;
  void CopyTargets(std::span<const std::int64_t> samples, std::span<float> targets) const override;
  Digest Fingerprint() const override;

 private:
  std::int64_t InBase(std::int64_t sample) const;
  std::vector<std::int64_t> InBase(std::span<const std::int64_t> samples) const;

  const std::shared_ptr<const Dataset> base_;
  const std::vector<std::int64_t> named_;
  const Part part_;
};

}  // namespace descent
