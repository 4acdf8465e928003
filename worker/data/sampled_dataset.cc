#include "worker/data/sampled_dataset.h"

namespace descent {

SampledDataset::SampledDataset(const Dataset& whole, std::uint64_t seed, std::int64_t count)
    : whole_(whole), order_(seed, /*epoch=*/0, whole.sample_count()), count_(count) {
  DESCENT_CHECK(1 <= count && count <= whole.sample_count());
}

void SampledDataset::CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                                 std::span<std::int32_t> tokens,
                                 std::span<std::int32_t> labels) const {
  whole_.CopySamples(InWhole(samples), features, tokens, labels);
}

void SampledDataset::CopyTargets(std::span<const std::int64_t> samples,
                                 std::span<float> targets) const {
  whole_.CopyTargets(InWhole(samples), targets);
}

std::vector<std::int64_t> SampledDataset::InWhole(std::span<const std::int64_t> samples) const {
  std::vector<std::int64_t> in_whole;
  for (const std::int64_t sample : samples) in_whole.push_back(order_.At(sample));
  return in_whole;
}

}  // namespace descent
