#pragma once

#include "worker/collective/collective.h"
#include "worker/train/progress_marker.h"

namespace descent {

// A collective whose calls are marked as they are entered and left. All ranks make the same calls
// in the same order, so the marks tell which rank has not come to the call that others wait in.
class MarkedCollective final : public Collective {
 public:
  // Both outlive it.
  MarkedCollective(Collective& collective, ProgressMarker& progress)
      : collective_(collective), progress_(progress) {}

  int rank() const override { return collective_.rank(); }
  int world_size() const override { return collective_.world_size(); }
  bool shares_memory() const override { return collective_.shares_memory(); }
  Result<std::span<float>> Allocate(std::int64_t element_count, MemoryKind kind) override;
  std::span<float> MemoryOf(int peer, std::span<float> mine) const override {
    return collective_.MemoryOf(peer, mine);
  }
  Status AllGather(std::span<const std::byte> mine, std::span<std::byte> all) override;
  Status ReduceScatter(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                       const SumTarget& target) override;
  Status AllGatherSlices(std::span<const std::span<float>> buckets) override;
  Status Barrier() override;
  Status AllReduce(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                   const SumTarget& target) override;
  void Abort() override { collective_.Abort(); }

 private:
  Collective& collective_;
  ProgressMarker& progress_;
};

}  // namespace descent
