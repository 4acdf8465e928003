#include "worker/collective/fastest_collective.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "worker/collective/add_elements.h"
#include "worker/collective/mpi_exchange.h"
#include "worker/collective/slice.h"

namespace descent {

FastestCollective::FastestCollective(std::unique_ptr<SummingExchange> exchange)
    : MessageCollective(std::move(exchange)),
      exchange_(static_cast<SummingExchange&>(MessageCollective::exchange())) {}

FastestCollective::~FastestCollective() {
  KeepIfInUse(std::move(own_sum_));
  KeepIfInUse(std::move(slice_sum_));
}

// MPI gathers a rank's part of a sum at the start of its memory, so it is brought to its place
// here.
Status FastestCollective::ReduceScatter(const CanonicalTree& tree,
                                        std::span<const float* const> partial_sums,
                                        const SumTarget& target) {
  DESCENT_CHECK(tree.world_size() == world_size());
  const IndexRange slice = SliceOf(target.bucket_size, world_size(), rank());
  slice_sum_.resize(std::max(slice_sum_.size(), static_cast<std::size_t>(slice.size())));
  const auto slice_sum = std::span(slice_sum_).first(static_cast<std::size_t>(slice.size()));
  const std::span<const float> own =
      OwnSum(partial_sums, static_cast<std::size_t>(target.bucket_size));
  DESCENT_RETURN_IF_ERROR(exchange_.ReduceScatter(own, slice_sum));
  if (target.bucket != nullptr) std::ranges::copy(slice_sum, target.bucket + slice.first);
  TellListener(target, slice_sum);
  return Status();
}

Status FastestCollective::AllReduce(const CanonicalTree& tree,
                                    std::span<const float* const> partial_sums,
                                    const SumTarget& target) {
  DESCENT_CHECK(tree.world_size() == world_size());
  const auto size = static_cast<std::size_t>(target.bucket_size);
  const std::span<float> sum(target.bucket, size);
  DESCENT_RETURN_IF_ERROR(exchange_.AllReduce(OwnSum(partial_sums, size), sum));
  TellListener(target, SliceIn(std::span<const float>(sum), world_size(), rank()));
  return Status();
}

std::span<const float> FastestCollective::OwnSum(std::span<const float* const> partial_sums,
                                                 std::size_t size) {
  if (partial_sums.size() == 1) return {partial_sums[0], size};
  own_sum_.resize(std::max(own_sum_.size(), size));
  const auto own = std::span(own_sum_).first(size);
  if (partial_sums.empty()) {
    std::ranges::fill(own, 0.0f);
    return own;
  }
  std::span<const float> left(partial_sums[0], size);
  for (const float* right : partial_sums.subspan(1)) {
    AddElements(left, std::span(right, size), own);
    left = own;
  }
  return own;
}

void FastestCollective::TellListener(const SumTarget& target,
                                     std::span<const float> slice_sum) const {
  if (!target.on_block) return;
  const IndexRange slice = SliceOf(target.bucket_size, world_size(), rank());
  for (std::int64_t first = slice.first; first < slice.last; first += kSliceUnitElements) {
    const std::int64_t last = std::min(slice.last, first + kSliceUnitElements);
    target.on_block({first, last}, slice_sum.subspan(static_cast<std::size_t>(first - slice.first),
                                                     static_cast<std::size_t>(last - first)));
  }
}

Result<std::unique_ptr<Collective>> MakeFastestCollective(std::span<const int> world_ranks, int tag,
                                                          std::size_t message_bytes_max) {
  DESCENT_ASSIGN(std::unique_ptr<SummingExchange> exchange,
                 FormMpiExchange(world_ranks, tag, message_bytes_max));
  return std::unique_ptr<Collective>(std::make_unique<FastestCollective>(std::move(exchange)));
}

}  // namespace descent
