#include <gtest/gtest.h>

#include "coordinator/scheduler.h"
#include "tests/unit/coordinator/scheduler_requests.h"

namespace descent {
namespace {

// SchedulerTest: what is said to those who wait.

TEST(SchedulerTest, TheExplanationNamesTheLargestPoolWhenNoneIsLargeEnough) {
  EXPECT_EQ(
      ExplainWait({Request("a", 4, 4)}, 0, {MakePool("p", 1, 10), MakePool("q", 2, 20)}).message,
      "needs 4 workers, the largest pool has 2");
}

TEST(SchedulerTest, ThatCordonedWorkersAreMissingIsSaid) {
  PoolView pool = MakePool("p", 3, 10);
  pool.workers[0].cordon = Cordon::kCordoned;
  pool.workers[1].cordon = Cordon::kDraining;

  EXPECT_EQ(ExplainWait({Request("a", 2, 2)}, 0, {pool}).message,
            "needs 2 workers, pool \"p\" has 1 that takes jobs, and 2 workers are cordoned");
}

TEST(SchedulerTest, ThatAnIdleCordonedWorkerWouldDoIsSaid) {
  PoolView pool = MakePool("p", 2, 10);
  pool.workers[0].cordon = Cordon::kCordoned;
  pool.workers[1].job_id = "other";

  EXPECT_EQ(ExplainWait({Request("a", 1, 1)}, 0, {pool}).message,
            "needs 1 worker, waits for job other to end; 1 worker is cordoned");
}

TEST(SchedulerTest, TheJobsThatHoldTheRanksAreNamed) {
  PoolView pool = MakePool("p", 4, 10);
  const char* const holders[] = {"d", "b", "c", "a"};
  for (int rank = 0; rank < 4; ++rank) pool.workers[rank].job_id = holders[rank];

  const WaitReason reason = ExplainWait({Request("e", 2, 2)}, 0, {pool});

  EXPECT_EQ(reason.message, "needs 2 workers, waits for job a, b or 2 others to end");
  EXPECT_EQ(reason.blocking_jobs, (std::vector<std::string>{"a", "b", "c", "d"}));
}

TEST(SchedulerTest, WhyAJobWaitsHasAName) {
  PoolView held = MakePool("p", 1, 10);
  held.workers[0].job_id = "other";
  PoolView incomplete = MakePool("p", 1, 10);
  incomplete.is_ready = false;
  const std::vector<GangRequest> one = {Request("a", 1, 1)};

  EXPECT_EQ(ExplainWait(one, 0, {}).reason, "WaitingForWorkers");
  EXPECT_EQ(ExplainWait(one, 0, {held}).reason, "WaitingForJobs");
  EXPECT_EQ(ExplainWait(one, 0, {incomplete}).reason, "PoolIncomplete");
  EXPECT_EQ(ExplainWait({Request("a", 2, 2)}, 0, {held}).reason, "PoolTooSmall");
}

TEST(SchedulerTest, ThatAJobAheadHasAHigherPriorityIsNamed) {
  const std::vector<PoolView> pools = {MakePool("p", 1, 10)};
  GangRequest ahead = Request("ahead", 1, 1);

  EXPECT_EQ(ExplainWait({ahead, Request("a", 1, 1)}, 1, pools).reason, "WaitingForTurn");
  ahead.priority = 90;
  EXPECT_EQ(ExplainWait({ahead, Request("a", 1, 1)}, 1, pools).reason, "WaitingForPriority");
}

TEST(SchedulerTest, AJobStartsWhenEnoughOfThoseThatHoldItsRanksHaveEnded) {
  PoolView pool = MakePool("p", 4, 10);
  pool.workers[0].job_id = "slow";
  pool.workers[1].job_id = "quick";
  pool.workers[2].job_id = "slow";
  const std::map<std::string, double> remaining = {{"quick", 5}, {"slow", 60}};

  EXPECT_EQ(SecondsUntilStart(Request("a", 1, 1), {pool}, remaining), 0);
  EXPECT_EQ(SecondsUntilStart(Request("a", 2, 2), {pool}, remaining), 5);
  EXPECT_EQ(SecondsUntilStart(Request("a", 3, 3), {pool}, remaining), 60);
}

TEST(SchedulerTest, WhenAJobStartsIsNotKnownIfAJobInTheWayTellsNoEnd) {
  PoolView pool = MakePool("p", 2, 10);
  pool.workers[0].job_id = "quick";
  pool.workers[1].job_id = "unknown";

  EXPECT_EQ(SecondsUntilStart(Request("a", 2, 2), {pool}, {{"quick", 5}}), std::nullopt);
}

TEST(SchedulerTest, OfTwoPoolsTheOneThatIsFreeFirstCounts) {
  PoolView later = MakePool("p", 1, 10);
  later.workers[0].job_id = "later";
  PoolView sooner = MakePool("q", 1, 20);
  sooner.workers[0].job_id = "sooner";

  EXPECT_EQ(SecondsUntilStart(Request("a", 1, 1), {later, sooner}, {{"later", 60}, {"sooner", 5}}),
            5);
}

}  // namespace
}  // namespace descent
