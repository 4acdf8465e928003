#include "worker/data/renumbered_dataset.h"

namespace descent {

void RenumberedDataset::CopySamples(std::span<const std::int64_t> samples,
                                    std::span<float> features, std::span<std::int32_t> tokens,
                                    std::span<std::int32_t> labels) const {
  whole_.CopySamples(InWhole(samples), features, tokens, labels);
}

void RenumberedDataset::CopyTargets(std::span<const std::int64_t> samples,
                                    std::span<float> targets) const {
  whole_.CopyTargets(InWhole(samples), targets);
}

std::vector<std::string> RenumberedDataset::FilesOf(std::int64_t sample) const {
  return whole_.FilesOf(InWhole(sample));
}

std::vector<std::int64_t> RenumberedDataset::InWhole(std::span<const std::int64_t> samples) const {
  std::vector<std::int64_t> in_whole;
  in_whole.reserve(samples.size());
  for (const std::int64_t sample : samples) in_whole.push_back(InWhole(sample));
  return in_whole;
}

}  // namespace descent
