#include "worker/kernels/thread_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace descent {
namespace {

class ThreadPoolTest : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, RunsEveryTileOnce) {
  ThreadPool pool(GetParam());

  for (std::int64_t tile_count = 0; tile_count < 200; ++tile_count) {
    std::vector<int> runs(static_cast<std::size_t>(tile_count));
    pool.ParallelFor(tile_count,
                     [&](std::int64_t tile, int) { ++runs[static_cast<std::size_t>(tile)]; });

    ASSERT_TRUE(std::ranges::all_of(runs, [](int count) { return count == 1; })) << tile_count;
  }
}

TEST_P(ThreadPoolTest, NumbersItsThreads) {
  ThreadPool pool(GetParam());
  std::vector<int> threads(1000, -1);

  pool.ParallelFor(1000, [&](std::int64_t tile, int thread) {
    threads[static_cast<std::size_t>(tile)] = thread;
  });

  EXPECT_GE(std::ranges::min(threads), 0);
  EXPECT_LT(std::ranges::max(threads), GetParam());
}

TEST_P(ThreadPoolTest, WorksAgainAfterItsThreadsFellAsleep) {
  ThreadPool pool(GetParam());
  for (int round = 0; round < 3; ++round) {
    std::vector<int> runs(50);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    pool.ParallelFor(50, [&](std::int64_t tile, int) { ++runs[static_cast<std::size_t>(tile)]; });

    EXPECT_EQ(std::ranges::count(runs, 1), 50);
  }
}

INSTANTIATE_TEST_SUITE_P(ThreadCounts, ThreadPoolTest, testing::Values(1, 2, 3, 8));

TEST(IdleThreadPoolTest, CanBeDestroyed) {
  for (int i = 0; i < 100; ++i) ThreadPool pool(3);
}

// A thread may look for work at any point of the end: none may sleep through it.
TEST(IdleThreadPoolTest, CanBeDestroyedRightAfterItsWork) {
  for (int i = 0; i < 10'000; ++i) {
    ThreadPool pool(3);
    pool.ParallelFor(2, [](std::int64_t, int) {});
  }
}

}  // namespace
}  // namespace descent
