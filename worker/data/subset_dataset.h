#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "worker/data/renumbered_dataset.h"

namespace descent {

// Some samples of another dataset, in its order: those that are named, or all others. Eight bytes
// of memory for each that is named. A part has a fingerprint of its own. Immutable.
class SubsetDataset final : public RenumberedDataset {
 public:
  enum class Part { kNamed, kOthers };

  // `named` ascends within [0, all->sample_count()), and the part is not empty, or it aborts.
  SubsetDataset(std::shared_ptr<const Dataset> all, std::vector<std::int64_t> named, Part part);

  std::int64_t sample_count() const override;
  Digest Fingerprint() const override;

 private:
  std::int64_t InWhole(std::int64_t sample) const override;

  const std::shared_ptr<const Dataset> owned_;  // all samples, which other parts may share
  const std::vector<std::int64_t> named_;
  const Part part_;
};

}  // namespace descent
