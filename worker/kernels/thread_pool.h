#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "worker/kernels/scratch.h"

namespace descent {

// The compute threads of one rank. Shares numbered tiles of work out among its threads: which
// thread runs a tile is chance, so a tile's result must depend on its number alone. Threads that
// find no work spin for some microseconds, because the next step of a plan follows soon, then offer
// their cores to others, and then sleep. One ParallelFor at a time; the thread that calls it works
// too.
class ThreadPool {
 public:
  // `thread_count` in [1, limits::kThreadsMax], the calling thread included.
  explicit ThreadPool(int thread_count);
  ~ThreadPool();

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int thread_count() const { return static_cast<int>(threads_.size()) + 1; }

  // Of whatever runs on this pool: work is done one after the other.
  Scratch& scratch() { return scratch_; }

  // Calls body(tile, thread) for every tile in [0, tile_count), thread in [0, thread_count()), and
  // returns when all are done. Does not allocate. Tiles are taken from the last to the first.
  template <typename Body>
  void ParallelFor(std::int64_t tile_count, const Body& body) {
    if (threads_.empty() || tile_count <= 1) {
      for (std::int64_t tile = 0; tile < tile_count; ++tile) body(tile, 0);
      return;
    }
    Run(
        tile_count,
        [](const void* context, std::int64_t tile, int thread) {
          (*static_cast<const Body*>(context))(tile, thread);
        },
        &body);
  }

 private:
  using Invoke = void (*)(const void* context, std::int64_t tile, int thread);

  void Run(std::int64_t tile_count, Invoke invoke, const void* context);
  void WorkUntilStopped(int thread);
  void TakeTiles(int thread);
  void WaitForWork(std::uint64_t seen);

  // The generation of the work in the high half, the tiles nobody has taken in the low half. One
  // word, so that a thread that comes late can never take a tile of work that is over: its exchange
  // fails, and while tiles are left, invoke_ and context_ are those of this generation.
  std::atomic<std::uint64_t> ticket_ = 0;
  std::atomic<Invoke> invoke_ = nullptr;
  std::atomic<const void*> context_ = nullptr;
  std::atomic<std::int64_t> unfinished_tiles_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::vector<std::thread> threads_;
  Scratch scratch_;
};

}  // namespace descent
