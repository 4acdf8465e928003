#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/simulated_cluster.h"

namespace descent {
namespace {

constexpr int kEvents = 3000;
// Every job runs at most 150 steps, by at least one a second, and pauses at most 60 seconds five
// times; some forty jobs may have to follow one another.
constexpr int kSecondsToFinish = 100'000;

class StatePropertyTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(StatePropertyTest, NoSequenceOfFaultsBreaksAnInvariant) {
  SimulatedCluster cluster(GetParam());

  for (int i = 0; i < kEvents; ++i) {
    cluster.DoSomething();
    ASSERT_THAT(cluster.violations(), testing::IsEmpty()) << "after event " << i;
  }

  EXPECT_FALSE(cluster.observer().stored_jobs().empty());
}

TEST_P(StatePropertyTest, EveryJobEndsOnceTheFaultsEnd) {
  SimulatedCluster cluster(GetParam());
  for (int i = 0; i < kEvents; ++i) cluster.DoSomething();
  cluster.LoseAllPools();
  cluster.AttachPool(4);

  for (int i = 0; i < kSecondsToFinish && !cluster.observer().AllJobsAreTerminal(); ++i)
    cluster.WorkObediently();

  EXPECT_TRUE(cluster.observer().AllJobsAreTerminal());
  EXPECT_THAT(cluster.violations(), testing::IsEmpty());
}

// What the tests above say holds of jobs that grow and shrink, too.
TEST(SimulatedClusterTest, JobsAreResizedAmongTheFaults) {
  int resizes = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SimulatedCluster cluster(seed);
    for (int i = 0; i < kEvents; ++i) cluster.DoSomething();
    resizes += cluster.observer().resizes();
  }

  EXPECT_GT(resizes, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, StatePropertyTest, testing::Range<std::uint64_t>(1, 31));

}  // namespace
}  // namespace descent
