#include "worker/collective/host_barrier.h"

#include <hwy/cache_control.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <ctime>
#include <string>

#include "common/check.h"
#include "common/result.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::microseconds kSpinTime{20};
constexpr std::chrono::microseconds kYieldTime{200};
constexpr int kPausesPerLook = 32;
constexpr long kLookIntervalNanoseconds =
    20'000'000;  // between two looks whether a sleeper's peer lives

static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "other processes share it");
static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "the kernel reads it");

// Not FUTEX_PRIVATE: the word is shared between processes.
void FutexWait(std::atomic<std::uint32_t>& word, std::uint32_t seen) {
  const timespec timeout{.tv_sec = 0, .tv_nsec = kLookIntervalNanoseconds};
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAIT, seen, &timeout, nullptr,
          0);
}

void FutexWakeAll(std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE, INT_MAX, nullptr, nullptr,
          0);
}

}  // namespace

HostBarrier::HostBarrier(std::span<Seat> seats, std::atomic<std::uint32_t>& is_aborted, int rank)
    : seats_(seats), is_aborted_(is_aborted), rank_(rank) {
  DESCENT_CHECK(0 <= rank && rank < static_cast<int>(seats.size()));
  seats_[static_cast<std::size_t>(rank)].pid.store(getpid());
}

Status HostBarrier::Meet() {
  if (is_aborted_.load() != 0) return Aborted();
  ++meetings_;
  Seat& mine = seats_[static_cast<std::size_t>(rank_)];
  mine.arrivals.store(meetings_);
  // A sleeper announces itself before it looks a last time: either it sees the arrival, or it is
  // seen here.
  if (mine.sleepers.load() != 0) FutexWakeAll(mine.arrivals);
  for (int peer = 0; peer < static_cast<int>(seats_.size()); ++peer)
    if (peer != rank_) DESCENT_RETURN_IF_ERROR(WaitFor(peer));
  return Status();
}

void HostBarrier::Abort() {
  is_aborted_.store(1);
  for (Seat& seat : seats_) FutexWakeAll(seat.arrivals);
}

Status HostBarrier::WaitFor(int peer) {
  if (HasArrived(peer)) return Status();
  const Clock::time_point start = Clock::now();
  while (!HasArrived(peer)) {
    if (is_aborted_.load(std::memory_order_relaxed) != 0) return Aborted();
    const auto waited = Clock::now() - start;
    if (waited < kSpinTime) {
      for (int i = 0; i < kPausesPerLook && !HasArrived(peer); ++i) hwy::Pause();
    } else if (waited < kYieldTime) {
      sched_yield();
    } else {
      SleepUntilChanged(peer);
      // It may have arrived and ended since.
      if (!HasArrived(peer) && HasEnded(peer) && !HasArrived(peer)) {
        lost_peer_ = peer;
        Abort();
      }
    }
  }
  return Status();
}

// Counts wrap around: what matters is which is ahead.
bool HostBarrier::HasArrived(int peer) const {
  const std::uint32_t arrivals =
      seats_[static_cast<std::size_t>(peer)].arrivals.load(std::memory_order_acquire);
  return static_cast<std::int32_t>(arrivals - meetings_) >= 0;
}

void HostBarrier::SleepUntilChanged(int peer) const {
  Seat& seat = seats_[static_cast<std::size_t>(peer)];
  seat.sleepers.fetch_add(1);
  const std::uint32_t seen = seat.arrivals.load();
  if (static_cast<std::int32_t>(seen - meetings_) < 0 && is_aborted_.load() == 0)
    FutexWait(seat.arrivals, seen);
  seat.sleepers.fetch_sub(1);
}

bool HostBarrier::HasEnded(int peer) {
  const auto known = std::ranges::find(watched_ranks_, peer);
  if (known != watched_ranks_.end())
    return watched_[static_cast<std::size_t>(known - watched_ranks_.begin())].HasEnded();
  const std::int32_t pid = seats_[static_cast<std::size_t>(peer)].pid.load();
  if (pid == 0) return false;
  watched_.emplace_back(pid);
  watched_ranks_.push_back(peer);
  return watched_.back().HasEnded();
}

Status HostBarrier::Aborted() const {
  if (lost_peer_ < 0) return Status(Code::kAborted, "the group of ranks was aborted");
  return Status(Code::kAborted, "the process of rank " + std::to_string(lost_peer_) + " has ended");
}

}  // namespace descent
