#pragma once

#include <cstdint>

#include "common/sample_order.h"
#include "worker/data/renumbered_dataset.h"

namespace descent {

// Some of a dataset's samples, drawn without replacement: a function of the seed and of how many
// there are, in O(1) memory. Its fingerprint is that of the dataset. Immutable.
class SampledDataset final : public RenumberedDataset {
 public:
  // The first `count` samples, in [1, whole.sample_count()], of a permutation of all. `whole`
  // outlives it.
  SampledDataset(const Dataset& whole, std::uint64_t seed, std::int64_t count);

  std::int64_t sample_count() const override { return count_; }
  Digest Fingerprint() const override { return whole().Fingerprint(); }

 private:
  std::int64_t InWhole(std::int64_t sample) const override { return order_.At(sample); }

  const SampleOrder order_;
  const std::int64_t count_;
};

}  // namespace descent
