#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "worker/collective/host_barrier.h"

namespace descent {

// Where things lie in a SharedMemoryRoom. Two ranks that run apart by less than one meeting use
// different halves (`parity`) of all that is written between meetings.
class SharedRoomLayout {
 public:
  // Where a partial sum lies: in the poster's part of an allocation, or in memory of its own.
  struct Place {
    static constexpr std::int32_t kPrivate = -1;

    std::int32_t allocation = kPrivate;
    std::int64_t first_element = 0;
  };

  // More than the 2 log2(V) partial sums that a rank can have.
  static constexpr std::size_t kPlacesMax = 32;
  struct alignas(64) Post {
    std::int64_t count = 0;
    std::array<Place, kPlacesMax> places;
  };

  struct alignas(64) Header {
    std::uint64_t name = 0;
    std::int64_t world_size = 0;
    alignas(64) std::atomic<std::uint32_t> is_aborted = 0;
  };

  // A message of this size is copied in one go, and stays in a core's own cache.
  static constexpr std::size_t kStageBytes = std::size_t{512} << 10;

  static std::size_t ByteCount(int world_size);
  SharedRoomLayout(std::span<std::byte> room, int world_size);

  Header& header() const { return *reinterpret_cast<Header*>(room_.data()); }
  std::span<HostBarrier::Seat> seats() const;
  Post& post(int parity, int rank) const;
  std::span<std::byte> stage(int parity, int rank) const;

 private:
  std::span<std::byte> room_;
  int world_size_;
};

}  // namespace descent
