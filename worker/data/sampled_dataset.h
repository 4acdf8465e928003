#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/sample_order.h"
#include "worker/data/dataset.h"

namespace descent {

// Some of a dataset's samples, drawn without replacement: a function of the seed and of how many
// there are. Immutable, so any thread may call.
class SampledDataset final : public Dataset {
 public:
  // The first `count` samples, in [1, whole.sample_count()], of a permutation of all. `whole`
  // outlives it.
  SampledDataset(const Dataset& whole, std::uint64_t seed, std::int64_t count);

  std::int64_t sample_count() const override { return count_; }
  SampleFormat format() const override { return whole_.format(); }
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override;
  void CopyTargets(std::span<const std::int64_t> samples, std::span<float> targets) const override;
  Digest Fingerprint() const override { return whole_.Fingerprint(); }

 private:
  std::vector<std::int64_t> InWhole(std::span<const std::int64_t> samples) const;

  const Dataset& whole_;
  const SampleOrder order_;
  const std::int64_t count_;
};

}  // namespace descent
