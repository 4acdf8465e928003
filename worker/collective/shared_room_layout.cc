#include "worker/collective/shared_room_layout.h"

#include "common/check.h"

namespace descent {
namespace {

constexpr std::size_t kParities = 2;

std::size_t Index(int i) { return static_cast<std::size_t>(i); }

std::size_t SeatsOffset() { return sizeof(SharedRoomLayout::Header); }

std::size_t PostsOffset(int world_size) {
  return SeatsOffset() + Index(world_size) * sizeof(HostBarrier::Seat);
}

std::size_t StagesOffset(int world_size) {
  return PostsOffset(world_size) + kParities * Index(world_size) * sizeof(SharedRoomLayout::Post);
}

}  // namespace

std::size_t SharedRoomLayout::ByteCount(int world_size) {
  return StagesOffset(world_size) + kParities * Index(world_size) * kStageBytes;
}

SharedRoomLayout::SharedRoomLayout(std::span<std::byte> room, int world_size)
    : room_(room), world_size_(world_size) {
  DESCENT_CHECK(room.size() == ByteCount(world_size));
}

std::span<HostBarrier::Seat> SharedRoomLayout::seats() const {
  return {reinterpret_cast<HostBarrier::Seat*>(room_.data() + SeatsOffset()), Index(world_size_)};
}

SharedRoomLayout::Post& SharedRoomLayout::post(int parity, int rank) const {
  const std::size_t place = Index(parity) * Index(world_size_) + Index(rank);
  return reinterpret_cast<Post*>(room_.data() + PostsOffset(world_size_))[place];
}

std::span<std::byte> SharedRoomLayout::stage(int parity, int rank) const {
  const std::size_t place = Index(parity) * Index(world_size_) + Index(rank);
  return room_.subspan(StagesOffset(world_size_) + place * kStageBytes, kStageBytes);
}

}  // namespace descent
