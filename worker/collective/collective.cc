#include "worker/collective/collective.h"

namespace descent {

Status Collective::AllReduce(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                             std::span<float> sum) {
  DESCENT_RETURN_IF_ERROR(ReduceScatter(tree, partial_sums, sum));
  return AllGatherSlices(std::span(&sum, 1));
}

}  // namespace descent
