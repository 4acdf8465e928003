#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "common/status.h"
#include "worker/collective/peer_process.h"

namespace descent {

// Where ranks of one host meet, in memory that all of them map. Meeting costs no system call while
// everyone is awake: a rank counts its own arrivals, alone on its cache line, and reads the
// others'. Waiting spins briefly, then yields, as cores may be shared, then sleeps until the peer
// wakes it. The end of a process that is waited for is noticed within kLookInterval.
class HostBarrier {
 public:
  // One rank's part of the shared memory; zero at first.
  struct alignas(64) Seat {
    std::atomic<std::uint32_t> arrivals;  // what others wait for, and sleep on
    std::atomic<std::uint32_t> sleepers;
    std::atomic<std::int32_t> pid;  // 0 until the rank is there
  };

  // `seats` [world_size] and `is_aborted` outlive it. Takes the seat of `rank`.
  HostBarrier(std::span<Seat> seats, std::atomic<std::uint32_t>& is_aborted, int rank);

  // Blocks until every rank is here as often. What a rank wrote before is seen by all after.
  // kAborted: somebody called Abort, or a rank that is missing has ended.
  Status Meet();

  // For all ranks. Any thread.
  void Abort();

 private:
  Status WaitFor(int peer);
  bool HasArrived(int peer) const;
  void SleepUntilChanged(int peer) const;
  bool HasEnded(int peer);
  Status Aborted() const;

  const std::span<Seat> seats_;
  std::atomic<std::uint32_t>& is_aborted_;
  const int rank_;
  std::uint32_t meetings_ = 0;        // that this rank has come to
  std::vector<PeerProcess> watched_;  // the peers that had to be waited for…
  std::vector<int> watched_ranks_;    // …and their ranks
  std::atomic<int> lost_peer_ = -1;
};

}  // namespace descent
