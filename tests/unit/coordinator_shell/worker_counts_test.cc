#include "coordinator/worker_counts.h"

#include <gmock/gmock.h>

#include <chrono>

namespace descent {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

constexpr MonotonicTime kNow{std::chrono::hours(1)};

PoolView PoolOf(int world_size, int workers) {
  PoolView pool{.name = "p", .world_size = world_size, .is_ready = world_size == workers};
  for (int rank = 0; rank < workers; ++rank)
    pool.workers.push_back({.world_rank = rank, .last_heard = kNow});
  return pool;
}

TEST(WorkerCountsTest, EveryStateIsThere) {
  EXPECT_THAT(CountWorkersByState(PoolOf(2, 2), kNow),
              UnorderedElementsAre(Pair("joining", 0), Pair("ready", 2), Pair("cordoned", 0),
                                   Pair("draining", 0), Pair("leaving", 0), Pair("suspect", 0),
                                   Pair("lost", 0)));
}

TEST(WorkerCountsTest, AWorkerThatIsSilentForHalfItsLeaseIsSuspectAlone) {
  PoolView pool = PoolOf(2, 2);
  pool.workers[0].last_heard = kNow - std::chrono::milliseconds(7400);
  pool.workers[1].last_heard = kNow - std::chrono::milliseconds(7600);

  const auto counts = CountWorkersByState(pool, kNow);

  EXPECT_EQ(counts.at("ready"), 1);
  EXPECT_EQ(counts.at("suspect"), 1);
}

TEST(WorkerCountsTest, WorkersAreLostOfAPoolThatWasWholeAndAreNotThereYetOfOneThatWasNot) {
  PoolView pool = PoolOf(4, 1);
  EXPECT_EQ(CountWorkersByState(pool, kNow).at("lost"), 0);
  EXPECT_EQ(CountSlots(pool).lost, 0);

  pool.is_broken = true;

  EXPECT_EQ(CountWorkersByState(pool, kNow).at("lost"), 3);
  EXPECT_EQ(CountSlots(pool).lost, 3);
}

TEST(WorkerCountsTest, ACordonedWorkerWithAJobIsAllocated) {
  PoolView pool = PoolOf(3, 3);
  pool.free = 1;
  pool.workers[0].cordon = pool.workers[1].cordon = Cordon::kCordoned;
  pool.workers[0].job_id = "a";

  const SlotCounts counts = CountSlots(pool);

  EXPECT_EQ(counts.free, 1);
  EXPECT_EQ(counts.allocated, 1);
  EXPECT_EQ(counts.cordoned, 1);
}

}  // namespace
}  // namespace descent
