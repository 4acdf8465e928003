#include "worker/kernels/thread_pool.h"

#include <chrono>

#include "common/check.h"
#include "common/clock.h"
#include "common/limits.h"

namespace descent {
namespace {

// About 20 microseconds: longer than the gap between two steps of a plan.
constexpr int kSpinsBeforeYield = 1000;

// Longer than what one thread does alone in a training step of a small model: waking a thread that
// sleeps takes as long as some of its layers. The core is offered to others meanwhile.
constexpr std::chrono::microseconds kYieldBeforeSleep{200};

constexpr std::uint64_t kTilesMask = 0xffffffff;
constexpr std::uint64_t kNextGeneration = std::uint64_t{1} << 32;

void Pause() { __builtin_ia32_pause(); }

}  // namespace

ThreadPool::ThreadPool(int thread_count) {
  DESCENT_CHECK(1 <= thread_count);
  DESCENT_CHECK(thread_count <= limits::kThreadsMax);
  for (int thread = 1; thread < thread_count; ++thread) {
    threads_.emplace_back([this, thread] { WorkUntilStopped(thread); });
  }
}

ThreadPool::~ThreadPool() {
  is_stopping_.store(true);
  ticket_.fetch_add(kNextGeneration);
  ticket_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

// 1. The work is described, then published by the ticket's new generation.
// 2. Every thread, this one included, takes tiles by counting the ticket down.
// 3. The work is over when all tiles are finished, whether or not every thread woke up for it.
void ThreadPool::Run(std::int64_t tile_count, Invoke invoke, const void* context) {
  DESCENT_CHECK(static_cast<std::uint64_t>(tile_count) <= kTilesMask);
  invoke_.store(invoke, std::memory_order_relaxed);
  context_.store(context, std::memory_order_relaxed);
  unfinished_tiles_.store(tile_count, std::memory_order_relaxed);
  const std::uint64_t generation = (ticket_.load(std::memory_order_relaxed) & ~kTilesMask);
  ticket_.store(generation + kNextGeneration + static_cast<std::uint64_t>(tile_count));
  ticket_.notify_all();

  TakeTiles(0);
  while (unfinished_tiles_.load(std::memory_order_acquire) > 0) Pause();
}

void ThreadPool::TakeTiles(int thread) {
  std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
  while ((ticket & kTilesMask) > 0) {
    const Invoke invoke = invoke_.load(std::memory_order_relaxed);
    const void* const context = context_.load(std::memory_order_relaxed);
    if (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel)) continue;
    invoke(context, static_cast<std::int64_t>((ticket - 1) & kTilesMask), thread);
    unfinished_tiles_.fetch_sub(1, std::memory_order_release);
    ticket = ticket_.load(std::memory_order_acquire);
  }
}

// Until the ticket is another than `seen`.
void ThreadPool::WaitForWork(std::uint64_t seen) {
  for (int spin = 0; spin < kSpinsBeforeYield; ++spin) {
    if (ticket_.load(std::memory_order_acquire) != seen) return;
    Pause();
  }
  const MonotonicTime sleep = MonotonicNow() + kYieldBeforeSleep;
  while (MonotonicNow() < sleep) {
    if (ticket_.load(std::memory_order_acquire) != seen) return;
    std::this_thread::yield();
  }
  ticket_.wait(seen);
}

// The ticket is read before the flag: one that is seen after the last change, which no other
// follows, comes with the flag raised.
void ThreadPool::WorkUntilStopped(int thread) {
  while (true) {
    const std::uint64_t seen = ticket_.load(std::memory_order_acquire);
    if (is_stopping_.load()) return;
    if ((seen & kTilesMask) == 0) WaitForWork(seen);
    TakeTiles(thread);
  }
}

}  // namespace descent
