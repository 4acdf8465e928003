#include "worker/collective/shared_memory_collective.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/check.h"
#include "worker/collective/host_barrier.h"
#include "worker/collective/ordered_sum.h"
#include "worker/collective/shared_room_layout.h"
#include "worker/collective/slice.h"

namespace descent {
namespace {

using Place = SharedRoomLayout::Place;
using Post = SharedRoomLayout::Post;

constexpr std::size_t kPartAlignment = 4096;  // parts of an allocation share no page
constexpr std::size_t kAllocationBytesMax = std::size_t{1} << 46;

// What one allocation is; parts are in rank order, or there is one for all ranks.
struct Allocation {
  MappedMemory memory;
  MemoryKind kind;
  std::size_t part_bytes;

  float* PartOf(int rank) const {
    const std::size_t part = kind == MemoryKind::kCommon ? 0 : static_cast<std::size_t>(rank);
    return reinterpret_cast<float*>(memory.bytes().data() + part * part_bytes);
  }
  bool Holds(const float* value, int rank) const {
    const float* const first = PartOf(rank);
    return first <= value && value < first + part_bytes / sizeof(float);
  }
};

// How a rank fared with something that all must succeed in, as bytes for AllGather.
struct Fared {
  Code code = Code::kOk;
  std::array<char, 116> message{};

  static Fared From(const Status& status) {
    Fared fared{.code = status.code()};
    status.message().copy(fared.message.data(), fared.message.size() - 1);
    return fared;
  }
};

class SharedMemoryCollective final : public Collective {
 public:
  SharedMemoryCollective(MappedMemory memory, int world_size, int rank)
      : memory_(std::move(memory)),
        room_(memory_.bytes(), world_size),
        barrier_(room_.seats(), room_.header().is_aborted, rank),
        rank_(rank),
        world_size_(world_size) {}

  int rank() const override { return rank_; }
  int world_size() const override { return world_size_; }
  bool shares_memory() const override { return world_size_ > 1; }

  Result<std::span<float>> Allocate(std::int64_t element_count, MemoryKind kind) override;
  std::span<float> MemoryOf(int peer, std::span<float> mine) const override;
  Status AllGather(std::span<const std::byte> mine, std::span<std::byte> all) override;
  Status ReduceScatter(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                       const SumTarget& target) override;
  Status AllGatherSlices(std::span<const std::span<float>> buckets) override;
  Status Barrier() override { return barrier_.Meet(); }
  void Abort() override { barrier_.Abort(); }

 private:
  // The half of the room that this rank may write next. What it holds is read by others between the
  // next meeting and the one after.
  int NextParity() { return parity_ ^= 1; }

  Status MapAllocation(Allocation& allocation, std::size_t part_count);
  Status Agree(const Status& mine);
  Place PlaceOf(const float* values) const;
  bool IsCommon(const float* values) const;
  void PostPartialSums(Post& post, std::span<const float* const> partial_sums) const;
  bool ArePostedPlacesShared(int parity) const;
  void FindSlots(const CanonicalTree& tree, int parity, std::int64_t first);
  Status ReduceStaged(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                      const SumTarget& target);
  void AddStaged(const CanonicalTree& tree, int parity, IndexRange chunk, const SumTarget& target);
  Status GatherStaged(std::span<float> bucket);

  const MappedMemory memory_;
  const SharedRoomLayout room_;
  HostBarrier barrier_;
  const int rank_;
  const int world_size_;
  int parity_ = 0;
  std::vector<Allocation> allocations_;  // in the same order on every rank
  OrderedSum ordered_sum_;
  std::vector<const float*> slots_;  // of one reduction, from the first element that is added
};

// An odd number of pages: at a distance that many powers of two divide, an element of one rank and
// the same one of another, which are read together, get in each other's way in caches and memory.
std::size_t PartBytes(std::size_t value_bytes) {
  const std::size_t pages = (value_bytes + kPartAlignment - 1) / kPartAlignment;
  return (pages | 1) * kPartAlignment;
}

Result<std::span<float>> SharedMemoryCollective::Allocate(std::int64_t element_count,
                                                          MemoryKind kind) {
  DESCENT_CHECK(element_count >= 0);
  if (element_count == 0) return std::span<float>();
  const auto count = static_cast<std::size_t>(element_count);
  const std::size_t part_count =
      kind == MemoryKind::kCommon ? 1 : static_cast<std::size_t>(world_size_);
  if (count > kAllocationBytesMax / sizeof(float) / part_count)
    return Status(Code::kResourceExhausted, std::to_string(element_count) + " values for each of " +
                                                std::to_string(part_count) +
                                                " ranks are more than any machine has");
  Allocation allocation{.memory = {}, .kind = kind, .part_bytes = PartBytes(count * sizeof(float))};
  DESCENT_RETURN_IF_ERROR(MapAllocation(allocation, part_count));
  allocations_.push_back(std::move(allocation));
  return std::span(allocations_.back().PartOf(rank_), count);
}

// 1. Rank 0 makes the memory and tells where it is.
// 2. The others open it, and each rank takes up its own part, near its own core.
// 3. All learn whether all could. Then the file is closed: what keeps the memory is the mappings.
Status SharedMemoryCollective::MapAllocation(Allocation& allocation, std::size_t part_count) {
  const std::size_t byte_count = allocation.part_bytes * part_count;
  Status status;
  if (rank_ == 0) {
    Result<MappedMemory> made = MappedMemory::MakeShared(byte_count);
    status = made.status();
    if (made.ok()) allocation.memory = std::move(made).value();
  }
  const SharedMemoryTicket mine = allocation.memory.ticket();
  std::vector<SharedMemoryTicket> tickets(static_cast<std::size_t>(world_size_));
  DESCENT_RETURN_IF_ERROR(
      AllGather(std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(tickets))));
  if (rank_ != 0 && tickets[0].file_descriptor >= 0) {
    Result<MappedMemory> opened = MappedMemory::OpenShared(tickets[0], byte_count);
    status = opened.status();
    if (opened.ok()) allocation.memory = std::move(opened).value();
  }
  if (status.ok() && tickets[0].file_descriptor >= 0) {
    const IndexRange pages =
        PartOf(static_cast<std::int64_t>(byte_count / kPartAlignment), world_size_, rank_);
    status = allocation.memory.Reserve(static_cast<std::size_t>(pages.first) * kPartAlignment,
                                       static_cast<std::size_t>(pages.size()) * kPartAlignment);
  }
  DESCENT_RETURN_IF_ERROR(Agree(status));
  allocation.memory.CloseFile();
  return Status();
}

// The first failure of any rank, on every rank.
Status SharedMemoryCollective::Agree(const Status& mine) {
  const Fared fared = Fared::From(mine);
  std::vector<Fared> all(static_cast<std::size_t>(world_size_));
  DESCENT_RETURN_IF_ERROR(
      AllGather(std::as_bytes(std::span(&fared, 1)), std::as_writable_bytes(std::span(all))));
  for (std::size_t rank = 0; rank < all.size(); ++rank)
    if (all[rank].code != Code::kOk)
      return Status(Code::kResourceExhausted,
                    "rank " + std::to_string(rank) + ": " + all[rank].message.data());
  return Status();
}

std::span<float> SharedMemoryCollective::MemoryOf(int peer, std::span<float> mine) const {
  DESCENT_CHECK(0 <= peer && peer < world_size_);
  const Place place = PlaceOf(mine.data());
  DESCENT_CHECK(place.allocation != Place::kPrivate);
  const Allocation& allocation = allocations_[static_cast<std::size_t>(place.allocation)];
  return {allocation.PartOf(peer) + place.first_element, mine.size()};
}

Status SharedMemoryCollective::AllGather(std::span<const std::byte> mine,
                                         std::span<std::byte> all) {
  DESCENT_CHECK(all.size() == mine.size() * static_cast<std::size_t>(world_size_));
  std::size_t first = 0;
  do {
    const std::size_t size = std::min(SharedRoomLayout::kStageBytes, mine.size() - first);
    const int parity = NextParity();
    if (size > 0) std::memcpy(room_.stage(parity, rank_).data(), mine.data() + first, size);
    DESCENT_RETURN_IF_ERROR(barrier_.Meet());
    for (int rank = 0; rank < world_size_ && size > 0; ++rank)
      std::memcpy(all.data() + static_cast<std::size_t>(rank) * mine.size() + first,
                  room_.stage(parity, rank).data(), size);
    first += size;
  } while (first < mine.size());
  return Status();
}

Status SharedMemoryCollective::ReduceScatter(const CanonicalTree& tree,
                                             std::span<const float* const> partial_sums,
                                             const SumTarget& target) {
  DESCENT_CHECK(tree.world_size() == world_size_);
  DESCENT_CHECK(partial_sums.size() == tree.PartialSumsOf(rank_).size());
  const int parity = NextParity();
  PostPartialSums(room_.post(parity, rank_), partial_sums);
  DESCENT_RETURN_IF_ERROR(barrier_.Meet());
  if (!ArePostedPlacesShared(parity)) return ReduceStaged(tree, partial_sums, target);
  const IndexRange slice = SliceOf(target.bucket_size, world_size_, rank_);
  FindSlots(tree, parity, slice.first);
  ordered_sum_.Add(tree, slots_, slice, target);
  return Status();
}

Place SharedMemoryCollective::PlaceOf(const float* values) const {
  for (std::size_t i = 0; i < allocations_.size(); ++i)
    if (allocations_[i].Holds(values, rank_))
      return {.allocation = static_cast<std::int32_t>(i),
              .first_element = values - allocations_[i].PartOf(rank_)};
  return {};
}

bool SharedMemoryCollective::IsCommon(const float* values) const {
  const Place place = PlaceOf(values);
  return place.allocation != Place::kPrivate &&
         allocations_[static_cast<std::size_t>(place.allocation)].kind == MemoryKind::kCommon;
}

void SharedMemoryCollective::PostPartialSums(Post& post,
                                             std::span<const float* const> partial_sums) const {
  DESCENT_CHECK(partial_sums.size() <= post.places.size());
  post.count = static_cast<std::int64_t>(partial_sums.size());
  std::ranges::transform(partial_sums, post.places.begin(),
                         [this](const float* values) { return PlaceOf(values); });
}

// What one rank cannot read in place all ranks copy: they must agree, and a rank without partial
// sums has no say.
bool SharedMemoryCollective::ArePostedPlacesShared(int parity) const {
  for (int rank = 0; rank < world_size_; ++rank) {
    const Post& post = room_.post(parity, rank);
    for (std::size_t i = 0; i < static_cast<std::size_t>(post.count); ++i)
      if (post.places[i].allocation == Place::kPrivate) return false;
  }
  return true;
}

void SharedMemoryCollective::FindSlots(const CanonicalTree& tree, int parity, std::int64_t first) {
  slots_.clear();
  for (int rank = 0; rank < world_size_; ++rank) {
    const Post& post = room_.post(parity, rank);
    DESCENT_CHECK(static_cast<std::size_t>(post.count) == tree.PartialSumsOf(rank).size());
    for (std::size_t i = 0; i < static_cast<std::size_t>(post.count); ++i) {
      const auto [allocation, first_element] = post.places[i];
      slots_.push_back(allocations_[static_cast<std::size_t>(allocation)].PartOf(rank) +
                       first_element + first);
    }
  }
}

// Chunk by chunk, of whole units of a slice: all copy their partial sums into the room, then each
// adds what is of its slice.
Status SharedMemoryCollective::ReduceStaged(const CanonicalTree& tree,
                                            std::span<const float* const> partial_sums,
                                            const SumTarget& target) {
  std::size_t partial_sums_max = 1;
  for (int rank = 0; rank < world_size_; ++rank)
    partial_sums_max = std::max(partial_sums_max, tree.PartialSumsOf(rank).size());
  constexpr std::size_t kUnitBytes = kSliceUnitElements * sizeof(float);
  static_assert(SharedRoomLayout::kStageBytes >= SharedRoomLayout::kPlacesMax * kUnitBytes);
  const std::int64_t chunk_size =
      kSliceUnitElements *
      static_cast<std::int64_t>(SharedRoomLayout::kStageBytes / kUnitBytes / partial_sums_max);
  for (std::int64_t first = 0; first < target.bucket_size; first += chunk_size) {
    const IndexRange chunk{first, std::min(target.bucket_size, first + chunk_size)};
    const int parity = NextParity();
    std::byte* staged = room_.stage(parity, rank_).data();
    for (const float* values : partial_sums) {
      const std::size_t chunk_bytes = static_cast<std::size_t>(chunk.size()) * sizeof(float);
      std::memcpy(staged, values + first, chunk_bytes);
      staged += chunk_bytes;
    }
    DESCENT_RETURN_IF_ERROR(barrier_.Meet());
    AddStaged(tree, parity, chunk, target);
  }
  return Status();
}

void SharedMemoryCollective::AddStaged(const CanonicalTree& tree, int parity, IndexRange chunk,
                                       const SumTarget& target) {
  const IndexRange slice = SliceOf(target.bucket_size, world_size_, rank_);
  const IndexRange mine{std::max(slice.first, chunk.first), std::min(slice.last, chunk.last)};
  if (mine.first >= mine.last) return;
  slots_.clear();
  for (int rank = 0; rank < world_size_; ++rank) {
    const auto* staged = reinterpret_cast<const float*>(room_.stage(parity, rank).data());
    for (std::size_t i = 0; i < tree.PartialSumsOf(rank).size(); ++i)
      slots_.push_back(staged + static_cast<std::int64_t>(i) * chunk.size() +
                       (mine.first - chunk.first));
  }
  ordered_sum_.Add(tree, slots_, mine, target);
}

Status SharedMemoryCollective::AllGatherSlices(std::span<const std::span<float>> buckets) {
  const bool is_common = std::ranges::all_of(
      buckets, [this](std::span<float> bucket) { return IsCommon(bucket.data()); });
  // Everyone sees the slices of common memory where they were written: once all have.
  if (is_common) return barrier_.Meet();
  for (const std::span<float> bucket : buckets) DESCENT_RETURN_IF_ERROR(GatherStaged(bucket));
  return Status();
}

Status SharedMemoryCollective::GatherStaged(std::span<float> bucket) {
  const auto size = static_cast<std::int64_t>(bucket.size());
  constexpr auto kChunk = static_cast<std::int64_t>(SharedRoomLayout::kStageBytes / sizeof(float));
  const std::int64_t unit_count = (size + kSliceUnitElements - 1) / kSliceUnitElements;
  const std::int64_t slice_max = (unit_count + world_size_ - 1) / world_size_ * kSliceUnitElements;
  std::int64_t done = 0;
  do {
    // The part of a rank's slice that is moved in this round.
    const auto part_of = [&](int rank) {
      const IndexRange slice = SliceOf(size, world_size_, rank);
      const std::int64_t first = std::min(slice.last, slice.first + done);
      const std::int64_t last = std::min(slice.last, first + kChunk);
      return std::as_writable_bytes(
          bucket.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first)));
    };
    const int parity = NextParity();
    std::ranges::copy(part_of(rank_), room_.stage(parity, rank_).begin());
    DESCENT_RETURN_IF_ERROR(barrier_.Meet());
    for (int rank = 0; rank < world_size_; ++rank) {
      const std::span<std::byte> part = part_of(rank);
      if (rank != rank_) std::copy_n(room_.stage(parity, rank).begin(), part.size(), part.begin());
    }
    done += kChunk;
  } while (done < slice_max);
  return Status();
}

}  // namespace

Result<SharedMemoryRoom> SharedMemoryRoom::Make(int world_size) {
  DESCENT_CHECK(world_size >= 1);
  DESCENT_ASSIGN(MappedMemory memory,
                 MappedMemory::MakeShared(SharedRoomLayout::ByteCount(world_size)));
  std::random_device device;
  SharedRoomLayout::Header& header = SharedRoomLayout(memory.bytes(), world_size).header();
  header.name = (std::uint64_t{device()} << 32) | device();
  header.world_size = world_size;
  return SharedMemoryRoom(std::move(memory));
}

SharedMemoryRoom::Invitation SharedMemoryRoom::invitation() const {
  const auto& header = *reinterpret_cast<const SharedRoomLayout::Header*>(memory_.bytes().data());
  return {.ticket = memory_.ticket(),
          .name = header.name,
          .world_size = static_cast<int>(header.world_size)};
}

Result<std::unique_ptr<Collective>> SharedMemoryRoom::Join(const Invitation& invitation, int rank) {
  DESCENT_CHECK(0 <= rank && rank < invitation.world_size);
  DESCENT_ASSIGN(MappedMemory memory,
                 MappedMemory::OpenShared(invitation.ticket,
                                          SharedRoomLayout::ByteCount(invitation.world_size)));
  const SharedRoomLayout room(memory.bytes(), invitation.world_size);
  if (room.header().name != invitation.name)
    return Status(Code::kUnavailable, "the shared memory at process " +
                                          std::to_string(invitation.ticket.pid) +
                                          " is that of another group");
  memory.CloseFile();
  return std::unique_ptr<Collective>(
      std::make_unique<SharedMemoryCollective>(std::move(memory), invitation.world_size, rank));
}

}  // namespace descent
