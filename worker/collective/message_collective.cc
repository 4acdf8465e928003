#include "worker/collective/message_collective.h"

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

}  // namespace

MessageCollective::MessageCollective(std::unique_ptr<Exchange> exchange)
    : exchange_(std::move(exchange)) {}

// Messages that an abort left on their way may reach for their memory as long as the process lives.
MessageCollective::~MessageCollective() {
  if (!exchange_->is_memory_in_use()) return;
  for (MappedMemory& memory : allocations_) MappedMemory::KeepAddresses(std::move(memory));
}

void MessageCollective::KeepIfInUse(std::vector<float> staging) const {
  if (exchange_->is_memory_in_use()) new std::vector<float>(std::move(staging));
}

// A rank that has no room ends here, and the others learn of it as of any rank that leaves.
Result<std::span<float>> MessageCollective::Allocate(std::int64_t element_count, MemoryKind) {
  DESCENT_CHECK(element_count >= 0);
  if (element_count > kAllocationElementsMax)
    return Status(Code::kResourceExhausted,
                  std::to_string(element_count) + " values are more than any machine has");
  const auto count = static_cast<std::size_t>(element_count);
  DESCENT_ASSIGN(MappedMemory memory, MappedMemory::MakePrivate(count * sizeof(float)));
  allocations_.push_back(std::move(memory));
  return std::span(reinterpret_cast<float*>(allocations_.back().bytes().data()), count);
}

std::span<float> MessageCollective::MemoryOf(int peer, std::span<float> mine) const {
  DESCENT_CHECK(peer == rank());
  return mine;
}

Status MessageCollective::AllGather(std::span<const std::byte> mine, std::span<std::byte> all) {
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

Status MessageCollective::AllGatherSlices(std::span<const std::span<float>> buckets) {
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
