#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "worker/collective/collective.h"
#include "worker/collective/exchange.h"
#include "worker/collective/mapped_memory.h"
#include "worker/collective/ordered_sum.h"

namespace descent {

// The all-reduce that keeps the tree (docs/numerics.md), over any exchange:
//   1. The bucket is cut into one slice per rank.
//   2. Everyone sends its partial sums of slice j to rank j.
//   3. Rank j adds them in tree order, whatever order they arrived in.
//   4. The finished slices go back to everyone.
// Apart from Allocate, it allocates only when a call is larger than all before it.
class TreeCollective final : public Collective {
 public:
  explicit TreeCollective(std::unique_ptr<Exchange> exchange);
  ~TreeCollective() override;
  TreeCollective(const TreeCollective&) = delete;
  TreeCollective& operator=(const TreeCollective&) = delete;

  int rank() const override { return exchange_->rank(); }
  int world_size() const override { return exchange_->world_size(); }
  bool shares_memory() const override { return false; }
  Result<std::span<float>> Allocate(std::int64_t element_count, MemoryKind kind) override;
  std::span<float> MemoryOf(int peer, std::span<float> mine) const override;
  Status AllGather(std::span<const std::byte> mine, std::span<std::byte> all) override;
  Status ReduceScatter(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                       const SumTarget& target) override;
  Status AllGatherSlices(std::span<const std::span<float>> buckets) override;
  void Abort() override { exchange_->Abort(); }

 private:
  Status ExchangePartialSums(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                             std::size_t bucket_size);
  int PeerAt(int distance) const;

  const std::unique_ptr<Exchange> exchange_;
  std::vector<MappedMemory> allocations_;
  std::vector<Exchange::Outgoing> sends_;
  std::vector<Exchange::Incoming> receives_;
  OrderedSum ordered_sum_;
  std::vector<float> staging_;       // the peers' partial sums of this rank's slice
  std::vector<const float*> slots_;  // [slots]: each partial sum of this rank's slice
};

}  // namespace descent
