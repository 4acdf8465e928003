#include "worker/collective/tree_collective.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "worker/collective/slice.h"

namespace descent {
namespace {

// Of each slice. One is added while the next arrives and the one after it is on its way.
constexpr std::size_t kSegmentsUnderWay = 3;

}  // namespace

TreeCollective::TreeCollective(std::unique_ptr<Exchange> exchange, std::int64_t segment_elements)
    : MessageCollective(std::move(exchange)), segment_elements_(segment_elements) {
  DESCENT_CHECK(segment_elements > 0);
  DESCENT_CHECK(segment_elements % kSliceUnitElements == 0);
}

TreeCollective::~TreeCollective() { KeepIfInUse(std::move(staging_)); }

Status TreeCollective::ReduceScatter(const CanonicalTree& tree,
                                     std::span<const float* const> partial_sums,
                                     const SumTarget& target) {
  return Reduce(
      {.tree = tree, .partial_sums = partial_sums, .target = target, .is_gathered = false});
}

Status TreeCollective::AllReduce(const CanonicalTree& tree,
                                 std::span<const float* const> partial_sums,
                                 const SumTarget& target) {
  return Reduce(
      {.tree = tree, .partial_sums = partial_sums, .target = target, .is_gathered = true});
}

// All ranks walk through the segments alike, so their messages have the same order.
Status TreeCollective::Reduce(const Reduction& reduction) {
  DESCENT_CHECK(reduction.tree.world_size() == world_size());
  DESCENT_CHECK(reduction.partial_sums.size() == reduction.tree.PartialSumsOf(rank()).size());
  const std::size_t segment_count = SegmentCount(reduction.target.bucket_size);
  const auto slot_count = static_cast<std::size_t>(reduction.tree.slot_count());
  const std::size_t staged =
      std::min(segment_count, kSegmentsUnderWay) * (slot_count - reduction.partial_sums.size());
  const IndexRange first = SegmentOf(reduction.target.bucket_size, rank(), 0);
  staging_.resize(std::max(staging_.size(), staged * static_cast<std::size_t>(first.size())));
  slots_.resize(slot_count);
  batches_.clear();

  for (std::size_t segment = 0; segment < std::min(segment_count, kSegmentsUnderWay); ++segment)
    DESCENT_RETURN_IF_ERROR(StartPartialSums(reduction, segment));
  for (std::size_t segment = 0; segment < segment_count; ++segment) {
    DESCENT_RETURN_IF_ERROR(exchange().Await(batches_[segment]));
    AddSegment(reduction, segment);
    if (reduction.is_gathered) DESCENT_RETURN_IF_ERROR(StartFinished(reduction, segment));
    if (segment + kSegmentsUnderWay < segment_count)
      DESCENT_RETURN_IF_ERROR(StartPartialSums(reduction, segment + kSegmentsUnderWay));
  }
  return exchange().Finish();
}

Status TreeCollective::StartPartialSums(const Reduction& reduction, std::size_t segment) {
  const std::int64_t bucket_size = reduction.target.bucket_size;
  sends_.clear();
  receives_.clear();
  std::size_t staged = 0;
  for (int distance = 1; distance < world_size(); ++distance) {
    const int peer = PeerAt(distance);
    const IndexRange theirs = SegmentOf(bucket_size, peer, segment);
    for (const float* values : reduction.partial_sums)
      if (theirs.size() > 0)
        sends_.push_back({.peer = peer,
                          .bytes = std::as_bytes(std::span(
                              values + theirs.first, static_cast<std::size_t>(theirs.size())))});
    for (std::size_t i = 0; i < reduction.tree.PartialSumsOf(peer).size(); ++i) {
      const std::span<float> message = StagingOf(reduction, segment, staged++);
      if (!message.empty())
        receives_.push_back({.peer = peer, .bytes = std::as_writable_bytes(message)});
    }
  }
  DESCENT_ASSIGN(const std::size_t batch, exchange().Start(sends_, receives_));
  batches_.push_back(batch);
  return Status();
}

void TreeCollective::AddSegment(const Reduction& reduction, std::size_t segment) {
  const IndexRange mine = SegmentOf(reduction.target.bucket_size, rank(), segment);
  const auto own_slots = slots_.begin() + reduction.tree.FirstSlotOf(rank());
  std::ranges::transform(reduction.partial_sums, own_slots,
                         [&](const float* values) { return values + mine.first; });
  std::size_t staged = 0;
  for (int distance = 1; distance < world_size(); ++distance) {
    const int peer = PeerAt(distance);
    const auto first_slot = static_cast<std::size_t>(reduction.tree.FirstSlotOf(peer));
    for (std::size_t i = 0; i < reduction.tree.PartialSumsOf(peer).size(); ++i)
      slots_[first_slot + i] = StagingOf(reduction, segment, staged++).data();
  }
  ordered_sum_.Add(reduction.tree, slots_, mine, reduction.target);
}

// A segment of the sum may take the place of a partial sum: by then that has been sent, because it
// was part of the batch that this segment has waited for.
Status TreeCollective::StartFinished(const Reduction& reduction, std::size_t segment) {
  const std::int64_t bucket_size = reduction.target.bucket_size;
  const auto part_of = [&](int of_rank) {
    const IndexRange elements = SegmentOf(bucket_size, of_rank, segment);
    return std::span(reduction.target.bucket + elements.first,
                     static_cast<std::size_t>(elements.size()));
  };
  sends_.clear();
  receives_.clear();
  for (int distance = 1; distance < world_size(); ++distance) {
    const int peer = PeerAt(distance);
    if (!part_of(rank()).empty())
      sends_.push_back({.peer = peer, .bytes = std::as_bytes(part_of(rank()))});
    if (!part_of(peer).empty())
      receives_.push_back({.peer = peer, .bytes = std::as_writable_bytes(part_of(peer))});
  }
  return exchange().Start(sends_, receives_).status();
}

// Of the longest slice, which the first rank has; others have as many, or empty ones at the end.
std::size_t TreeCollective::SegmentCount(std::int64_t bucket_size) const {
  const std::int64_t longest = SliceOf(bucket_size, world_size(), 0).size();
  return static_cast<std::size_t>(
      std::max<std::int64_t>(1, (longest + segment_elements_ - 1) / segment_elements_));
}

IndexRange TreeCollective::SegmentOf(std::int64_t bucket_size, int rank,
                                     std::size_t segment) const {
  const IndexRange slice = SliceOf(bucket_size, world_size(), rank);
  const std::int64_t offset = static_cast<std::int64_t>(segment) * segment_elements_;
  return {.first = std::min(slice.last, slice.first + offset),
          .last = std::min(slice.last, slice.first + offset + segment_elements_)};
}

// For the index-th partial sum of a peer; segments take turns in the same memory.
std::span<float> TreeCollective::StagingOf(const Reduction& reduction, std::size_t segment,
                                           std::size_t index) {
  const std::int64_t bucket_size = reduction.target.bucket_size;
  const auto place_size = static_cast<std::size_t>(SegmentOf(bucket_size, rank(), 0).size());
  const std::size_t sums = slots_.size() - reduction.partial_sums.size();
  const std::size_t place = segment % kSegmentsUnderWay * sums + index;
  return std::span(staging_).subspan(
      place * place_size, static_cast<std::size_t>(SegmentOf(bucket_size, rank(), segment).size()));
}

}  // namespace descent
