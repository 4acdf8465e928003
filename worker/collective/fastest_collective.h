#pragma once

#include <memory>
#include <span>
#include <vector>

#include "worker/collective/message_collective.h"
#include "worker/collective/mpi_collective.h"
#include "worker/collective/summing_exchange.h"

namespace descent {

// `reduction: fastest`: a rank adds its own partial sums from left to right, and the exchange adds
// those of different ranks in its own order. So it breaks one promise of Collective: sums have
// other bits for another number of ranks. On all ranks of one group they are the same. A rank
// without samples counts as zeros. Apart from Allocate and what the exchange does, it allocates
// only when a call is larger than all before it.
class FastestCollective final : public MessageCollective {
 public:
  explicit FastestCollective(std::unique_ptr<SummingExchange> exchange);
  ~FastestCollective() override;

  Status ReduceScatter(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                       const SumTarget& target) override;
  Status AllReduce(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                   const SumTarget& target) override;

 private:
  std::span<const float> OwnSum(std::span<const float* const> partial_sums, std::size_t size);
  void TellListener(const SumTarget& target, std::span<const float> slice_sum) const;

  SummingExchange& exchange_;
  std::vector<float> own_sum_;    // of this rank's partial sums, where they are not exactly one
  std::vector<float> slice_sum_;  // of all ranks
};

// Over MPI's own reductions, with the arguments and rules of MakeMpiCollective.
Result<std::unique_ptr<Collective>> MakeFastestCollective(
    std::span<const int> world_ranks, int tag, std::size_t message_bytes_max = kMpiMessageBytesMax);

}  // namespace descent
