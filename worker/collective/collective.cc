#include "worker/collective/collective.h"

#include <cstddef>
#include <vector>

namespace descent {

Status Collective::Barrier() {
  constexpr std::byte kHere{};
  std::vector<std::byte> all(static_cast<std::size_t>(world_size()));
  return AllGather(std::span(&kHere, 1), all);
}

Status Collective::AllReduce(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                             const SumTarget& target) {
  DESCENT_RETURN_IF_ERROR(ReduceScatter(tree, partial_sums, target));
  const std::span sum(target.bucket, static_cast<std::size_t>(target.bucket_size));
  return AllGatherSlices(std::span(&sum, 1));
}

}  // namespace descent
