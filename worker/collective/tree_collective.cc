#include "worker/collective/tree_collective.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "common/check.h"
#include "worker/collective/slice.h"

namespace descent {
namespace {

constexpr std::int64_t kAllocationElementsMax =
    std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(sizeof(float));

void GrowTo(std::vector<float>& values, std::size_t size) {
  if (values.size() < size) values.resize(size);
}

}  // namespace

TreeCollective::TreeCollective(std::unique_ptr<Exchange> exchange)
    : exchange_(std::move(exchange)) {}

// Messages that an abort left on their way may reach for their memory as long as the process lives.
TreeCollective::~TreeCollective() {
  if (!exchange_->is_memory_in_use()) return;
  for (MappedMemory& memory : allocations_) MappedMemory::KeepAddresses(std::move(memory));
  new std::vector<float>(std::move(staging_));
}

// Ranks begin with different peers, so that they do not all press on the same one.
int TreeCollective::PeerAt(int distance) const { return (rank() + distance) % world_size(); }

// A rank that has no room ends here, and the others learn of it as of any rank that leaves.
Result<std::span<float>> TreeCollective::Allocate(std::int64_t element_count, MemoryKind) {
  DESCENT_CHECK(element_count >= 0);
  if (element_count > kAllocationElementsMax)
    return Status(Code::kResourceExhausted,
                  std::to_string(element_count) + " values are more than any machine has");
  const auto count = static_cast<std::size_t>(element_count);
  DESCENT_ASSIGN(MappedMemory memory, MappedMemory::MakePrivate(count * sizeof(float)));
  allocations_.push_back(std::move(memory));
  return std::span(reinterpret_cast<float*>(allocations_.back().bytes().data()), count);
}

std::span<float> TreeCollective::MemoryOf(int peer, std::span<float> mine) const {
  DESCENT_CHECK(peer == rank());
  return mine;
}

Status TreeCollective::AllGather(std::span<const std::byte> mine, std::span<std::byte> all) {
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

Status TreeCollective::ReduceScatter(const CanonicalTree& tree,
                                     std::span<const float* const> partial_sums,
                                     const SumTarget& target) {
  DESCENT_CHECK(tree.world_size() == world_size());
  DESCENT_CHECK(partial_sums.size() == tree.PartialSumsOf(rank()).size());
  DESCENT_RETURN_IF_ERROR(
      ExchangePartialSums(tree, partial_sums, static_cast<std::size_t>(target.bucket_size)));
  ordered_sum_.Add(tree, slots_, SliceOf(target.bucket_size, world_size(), rank()), target);
  return Status();
}

Status TreeCollective::ExchangePartialSums(const CanonicalTree& tree,
                                           std::span<const float* const> partial_sums,
                                           std::size_t bucket_size) {
  const auto slice_of = [&](const float* values, int rank) {
    return SliceIn(std::span(values, bucket_size), world_size(), rank);
  };
  const std::size_t own_size = slice_of(nullptr, rank()).size();
  const auto slot_count = static_cast<std::size_t>(tree.slot_count());
  GrowTo(staging_, (slot_count - partial_sums.size()) * own_size);
  slots_.resize(slot_count);
  const auto own_slots = slots_.begin() + tree.FirstSlotOf(rank());
  std::ranges::transform(partial_sums, own_slots,
                         [&](const float* values) { return slice_of(values, rank()).data(); });

  sends_.clear();
  receives_.clear();
  float* staged = staging_.data();
  for (int distance = 1; distance < world_size(); ++distance) {
    const int peer = PeerAt(distance);
    for (const float* values : partial_sums) {
      const std::span<const float> message = slice_of(values, peer);
      if (!message.empty()) sends_.push_back({.peer = peer, .bytes = std::as_bytes(message)});
    }
    const auto first_slot = static_cast<std::size_t>(tree.FirstSlotOf(peer));
    for (std::size_t i = 0; i < tree.PartialSumsOf(peer).size(); ++i) {
      const std::span message(staged, own_size);
      if (!message.empty())
        receives_.push_back({.peer = peer, .bytes = std::as_writable_bytes(message)});
      slots_[first_slot + i] = staged;
      staged += own_size;
    }
  }
  return exchange_->Transfer(sends_, receives_);
}

Status TreeCollective::AllGatherSlices(std::span<const std::span<float>> buckets) {
  sends_.clear();
  receives_.clear();
  for (const std::span<float> bucket : buckets) {
    for (int distance = 1; distance < world_size(); ++distance) {
      const int peer = PeerAt(distance);
      const std::span<float> mine = SliceIn(bucket, world_size(), rank());
      const std::span<float> theirs = SliceIn(bucket, world_size(), peer);
      if (!mine.empty()) sends_.push_back({.peer = peer, .bytes = std::as_bytes(mine)});
      if (!theirs.empty())
        receives_.push_back({.peer = peer, .bytes = std::as_writable_bytes(theirs)});
    }
  }
  return exchange_->Transfer(sends_, receives_);
}

}  // namespace descent
