#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "worker/data/dataset.h"

namespace descent {

// Samples of another dataset under numbers of their own. Immutable, so any thread may call.
class RenumberedDataset : public Dataset {
 public:
  SampleFormat format() const override { return whole_.format(); }
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override;
  void CopyTargets(std::span<const std::int64_t> samples, std::span<float> targets) const override;
  std::vector<std::string> FilesOf(std::int64_t sample) const override;

 protected:
  // `whole` outlives it.
  explicit RenumberedDataset(const Dataset& whole) : whole_(whole) {}
  const Dataset& whole() const { return whole_; }

 private:
  // The number of a sample, in [0, sample_count), in the other dataset.
  virtual std::int64_t InWhole(std::int64_t sample) const = 0;
  std::vector<std::int64_t> InWhole(std::span<const std::int64_t> samples) const;

  const Dataset& whole_;
};

}  // namespace descent
