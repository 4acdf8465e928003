#include "worker/collective/tree_collective.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <utility>

#include "common/check.h"
#include "common/limits.h"
#include "worker/collective/add_elements.h"

namespace descent {
namespace {

static_assert(limits::kBucketElementsMax * sizeof(float) <= INT_MAX, "one message is one bucket");

// Slices begin at multiples of a cache line, so no two ranks' slices share one.
constexpr std::int64_t kSliceAlignment = 16;

// Additions go block by block through all slots: 4 KiB per slot stays in the nearest caches.
constexpr std::size_t kBlockElements = 1024;

struct Slice {
  std::size_t first = 0;
  std::size_t size = 0;
};

Slice SliceOf(std::size_t bucket_size, int world_size, int rank) {
  const auto size = static_cast<std::int64_t>(bucket_size);
  const std::int64_t unit_count = (size + kSliceAlignment - 1) / kSliceAlignment;
  const IndexRange units = PartOf(unit_count, world_size, rank);
  const std::int64_t first = std::min(size, units.first * kSliceAlignment);
  const std::int64_t last = std::min(size, units.last * kSliceAlignment);
  return {.first = static_cast<std::size_t>(first), .size = static_cast<std::size_t>(last - first)};
}

void GrowTo(std::vector<float>& values, std::size_t size) {
  if (values.size() < size) values.resize(size);
}

}  // namespace

TreeCollective::TreeCollective(std::unique_ptr<Exchange> exchange)
    : exchange_(std::move(exchange)) {}

// Ranks begin with different peers, so that they do not all press on the same one.
int TreeCollective::PeerAt(int distance) const { return (rank() + distance) % world_size(); }

Status TreeCollective::AllGather(std::span<const std::byte> mine, std::span<std::byte> all) {
  DESCENT_CHECK(mine.size() <= INT_MAX);
  DESCENT_CHECK(all.size() == mine.size() * static_cast<std::size_t>(world_size()));
  const auto part_of = [&](int rank) {
    return all.subspan(static_cast<std::size_t>(rank) * mine.size(), mine.size());
  };
  if (!mine.empty()) std::memmove(part_of(rank()).data(), mine.data(), mine.size());

  sends_.clear();
  receives_.clear();
  for (int distance = 1; distance < world_size() && !mine.empty(); ++distance) {
    const int peer = PeerAt(distance);
    sends_.push_back({.peer = peer, .bytes = mine});
    receives_.push_back({.peer = peer, .bytes = part_of(peer)});
  }
  return exchange_->Transfer(sends_, receives_);
}

Status TreeCollective::AllReduce(const CanonicalTree& tree,
                                 std::span<const float* const> partial_sums, std::span<float> sum) {
  DESCENT_CHECK(tree.world_size() == world_size());
  DESCENT_CHECK(partial_sums.size() == tree.PartialSumsOf(rank()).size());
  DESCENT_CHECK(sum.size() <= limits::kBucketElementsMax);
  DESCENT_RETURN_IF_ERROR(ExchangePartialSums(tree, partial_sums, sum.size()));
  const Slice own = SliceOf(sum.size(), world_size(), rank());
  AddInTreeOrder(tree, sum.subspan(own.first, own.size));
  return GatherSlices(sum);
}

Status TreeCollective::ExchangePartialSums(const CanonicalTree& tree,
                                           std::span<const float* const> partial_sums,
                                           std::size_t bucket_size) {
  const Slice own = SliceOf(bucket_size, world_size(), rank());
  const auto slot_count = static_cast<std::size_t>(tree.slot_count());
  GrowTo(staging_, (slot_count - partial_sums.size()) * own.size);
  slots_.resize(slot_count);
  const auto own_slots = slots_.begin() + tree.FirstSlotOf(rank());
  std::transform(partial_sums.begin(), partial_sums.end(), own_slots,
                 [&](const float* values) { return values + own.first; });

  sends_.clear();
  receives_.clear();
  float* staged = staging_.data();
  for (int distance = 1; distance < world_size(); ++distance) {
    const int peer = PeerAt(distance);
    const Slice theirs = SliceOf(bucket_size, world_size(), peer);
    for (const float* values : partial_sums) {
      const std::span message(values + theirs.first, theirs.size);
      if (!message.empty()) sends_.push_back({.peer = peer, .bytes = std::as_bytes(message)});
    }
    const auto first_slot = static_cast<std::size_t>(tree.FirstSlotOf(peer));
    for (std::size_t i = 0; i < tree.PartialSumsOf(peer).size(); ++i) {
      const std::span message(staged, own.size);
      if (!message.empty())
        receives_.push_back({.peer = peer, .bytes = std::as_writable_bytes(message)});
      slots_[first_slot + i] = staged;
      staged += own.size;
    }
  }
  return exchange_->Transfer(sends_, receives_);
}

void TreeCollective::AddInTreeOrder(const CanonicalTree& tree, std::span<float> slice_sum) {
  GrowTo(scratch_, slots_.size() * kBlockElements);
  block_values_.resize(slots_.size());
  for (std::size_t first = 0; first < slice_sum.size(); first += kBlockElements) {
    const std::size_t size = std::min(kBlockElements, slice_sum.size() - first);
    AddBlock(tree, first, slice_sum.subspan(first, size));
  }
}

// Only the last addition writes to `block_sum`: it may be one of the partial sums, which all other
// additions must have read by then.
void TreeCollective::AddBlock(const CanonicalTree& tree, std::size_t first,
                              std::span<float> block_sum) {
  std::transform(slots_.begin(), slots_.end(), block_values_.begin(),
                 [&](const float* values) { return values + first; });
  const std::span<const CanonicalTree::Addition> additions = tree.additions();
  if (additions.empty()) {
    std::memmove(block_sum.data(), block_values_[0], block_sum.size_bytes());
    return;
  }
  for (std::size_t i = 0; i < additions.size(); ++i) {
    const auto target = static_cast<std::size_t>(additions[i].target);
    const auto source = static_cast<std::size_t>(additions[i].source);
    const bool is_last = i + 1 == additions.size();
    float* const out = is_last ? block_sum.data() : scratch_.data() + target * kBlockElements;
    AddElements(std::span(block_values_[target], block_sum.size()),
                std::span(block_values_[source], block_sum.size()),
                std::span(out, block_sum.size()));
    block_values_[target] = out;
  }
}

Status TreeCollective::GatherSlices(std::span<float> sum) {
  const auto bytes_of = [&](int rank) {
    const Slice slice = SliceOf(sum.size(), world_size(), rank);
    return std::as_writable_bytes(sum.subspan(slice.first, slice.size));
  };
  sends_.clear();
  receives_.clear();
  for (int distance = 1; distance < world_size(); ++distance) {
    const int peer = PeerAt(distance);
    if (!bytes_of(rank()).empty()) sends_.push_back({.peer = peer, .bytes = bytes_of(rank())});
    if (!bytes_of(peer).empty()) receives_.push_back({.peer = peer, .bytes = bytes_of(peer)});
  }
  return exchange_->Transfer(sends_, receives_);
}

}  // namespace descent
