#pragma once

#include <atomic>
#include <cstdint>

#include "common/worker_protocol.h"

namespace descent {

// How far the threads that train in one assignment have come, for a thread that only looks: a
// relaxed store or two wherever they go on, and no lock. What is read at once need not be of one
// moment, which makes no difference where a rank stands still.
class ProgressMarker {
 public:
  // By the threads that train.
  void Move() { moves_.fetch_add(1, std::memory_order_relaxed); }
  void EnterCall() {
    calls_.fetch_add(1, std::memory_order_relaxed);
    is_in_call_.store(true, std::memory_order_relaxed);
    Move();
  }
  void LeaveCall() {
    is_in_call_.store(false, std::memory_order_relaxed);
    bucket_.store(-1, std::memory_order_relaxed);
    Move();
  }
  // That the next call reduces.
  void SetBucket(std::int64_t bucket) { bucket_.store(bucket, std::memory_order_relaxed); }
  void SetSaving(bool is_saving) { is_saving_.store(is_saving, std::memory_order_relaxed); }

  // By any thread. The age of the phase is not known here.
  RankProgress Read() const {
    return {.moves = moves(),
            .calls = calls_.load(std::memory_order_relaxed),
            .is_in_call = is_in_call_.load(std::memory_order_relaxed),
            .bucket = bucket_.load(std::memory_order_relaxed),
            .is_saving = is_saving()};
  }
  std::int64_t moves() const { return moves_.load(std::memory_order_relaxed); }
  bool is_saving() const { return is_saving_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> moves_ = 0;
  std::atomic<std::int64_t> calls_ = 0;
  std::atomic<bool> is_in_call_ = false;
  std::atomic<std::int64_t> bucket_ = -1;
  std::atomic<bool> is_saving_ = false;
};

}  // namespace descent
