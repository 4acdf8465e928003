#include "coordinator/scheduler.h"

#include <gtest/gtest.h>

#include "common/worker_protocol.h"

namespace descent {
namespace {

// A complete pool; the session of a rank is `first_session` plus its rank.
PoolView MakePool(const std::string& name, int world_size, SessionId first_session) {
  PoolView pool{.name = name, .world_size = world_size, .free = world_size, .is_ready = true};
  for (int rank = 0; rank < world_size; ++rank)
    pool.workers.push_back({.session = first_session + static_cast<SessionId>(rank),
                            .pool = name,
                            .world_rank = rank,
                            .instruction_set = "avx2"});
  return pool;
}

GangRequest Request(const std::string& job_id, int workers_min, int workers_max) {
  return {.job_id = job_id, .workers_min = workers_min, .workers_max = workers_max};
}

using Sessions = std::vector<SessionId>;

TEST(SchedulerTest, AJobTakesTheLowestFreeRanks) {
  PoolView pool = MakePool("p", 4, 10);
  pool.workers[1].job_id = "other";

  const auto gangs = ScheduleGangs({Request("a", 1, 2)}, {pool});

  ASSERT_EQ(gangs.size(), 1u);
  EXPECT_EQ(gangs[0].sessions, (Sessions{10, 12}));
}

TEST(SchedulerTest, AJobTakesThePoolThatGivesItMost) {
  const auto gangs =
      ScheduleGangs({Request("a", 1, 4)}, {MakePool("p", 2, 10), MakePool("q", 4, 20)});

  EXPECT_EQ(gangs.at(0).pool, "q");
}

TEST(SchedulerTest, OfPoolsThatGiveTheSameTheSmallestIsTaken) {
  const auto gangs =
      ScheduleGangs({Request("a", 2, 2)}, {MakePool("p", 4, 10), MakePool("q", 2, 20)});

  EXPECT_EQ(gangs.at(0).pool, "q");
}

TEST(SchedulerTest, AGangNeverSpansPools) {
  const auto gangs =
      ScheduleGangs({Request("a", 4, 4)}, {MakePool("p", 2, 10), MakePool("q", 2, 20)});

  EXPECT_TRUE(gangs.empty());
}

TEST(SchedulerTest, APoolThatIsNotCompleteIsNotUsed) {
  PoolView pool = MakePool("p", 2, 10);
  pool.is_ready = false;

  EXPECT_TRUE(ScheduleGangs({Request("a", 1, 1)}, {pool}).empty());
}

TEST(SchedulerTest, NoRankIsGivenTwice) {
  const auto gangs =
      ScheduleGangs({Request("a", 1, 2), Request("b", 1, 2)}, {MakePool("p", 3, 10)});

  ASSERT_EQ(gangs.size(), 2u);
  EXPECT_EQ(gangs[0].sessions, (Sessions{10, 11}));
  EXPECT_EQ(gangs[1].sessions, (Sessions{12}));
}

TEST(SchedulerTest, AJobThatNeverFitsBlocksNobody) {
  const auto gangs =
      ScheduleGangs({Request("huge", 9, 9), Request("b", 1, 1)}, {MakePool("p", 2, 10)});

  ASSERT_EQ(gangs.size(), 1u);
  EXPECT_EQ(gangs[0].job_id, "b");
}

TEST(SchedulerTest, AJobThatWillFitKeepsItsPoolFromSmallerOnes) {
  PoolView pool = MakePool("p", 2, 10);
  pool.workers[0].job_id = "other";

  const auto gangs = ScheduleGangs({Request("big", 2, 2), Request("small", 1, 1)}, {pool});

  EXPECT_TRUE(gangs.empty());
}

TEST(SchedulerTest, AJobGoesOnOnlyWithItsInstructionSet) {
  GangRequest request = Request("a", 1, 1);
  request.instruction_set = "avx512";

  EXPECT_TRUE(ScheduleGangs({request}, {MakePool("p", 2, 10)}).empty());
}

// A pool whose workers have products of bf16 operands.
PoolView PoolWithBFloat16Products() {
  PoolView pool = MakePool("p", 1, 10);
  pool.workers[0].instruction_set = "avx512_bf16";
  return pool;
}

TEST(SchedulerTest, AJobInF32GoesOnWhereThereAreProductsOfBFloat16) {
  GangRequest request = Request("a", 1, 1);
  request.instruction_set = "avx512";

  EXPECT_EQ(ScheduleGangs({request}, {PoolWithBFloat16Products()}).size(), 1u);
}

TEST(SchedulerTest, AJobInBFloat16GoesOnOnlyWithTheProductsThatItBeganWith) {
  GangRequest request = Request("a", 1, 1);
  request.precision = Precision::kBFloat16;
  request.instruction_set = "avx512";
  EXPECT_TRUE(ScheduleGangs({request}, {PoolWithBFloat16Products()}).empty());

  request.instruction_set = "avx512_bf16";
  EXPECT_EQ(ScheduleGangs({request}, {PoolWithBFloat16Products()}).size(), 1u);
}

TEST(SchedulerTest, AWorkerThatLeavesGetsNoJob) {
  PoolView pool = MakePool("p", 1, 10);
  pool.workers[0].leaving = "SIGTERM";

  EXPECT_TRUE(ScheduleGangs({Request("a", 1, 1)}, {pool}).empty());
}

TEST(SchedulerTest, TheExplanationNamesTheLargestPoolWhenNoneIsLargeEnough) {
  EXPECT_EQ(
      ExplainWait({Request("a", 4, 4)}, 0, {MakePool("p", 1, 10), MakePool("q", 2, 20)}).message,
      "needs 4 workers, the largest pool has 2");
}

TEST(SchedulerTest, ACordonedRankIsNotGivenAway) {
  PoolView pool = MakePool("p", 3, 10);
  pool.workers[1].cordon = Cordon::kCordoned;

  const auto gangs = ScheduleGangs({Request("a", 1, 3)}, {pool});

  EXPECT_EQ(gangs.at(0).sessions, (Sessions{10, 12}));
}

TEST(SchedulerTest, AJobOnCordonedRanksIsNotPreempted) {
  PoolView pool = MakePool("p", 1, 10);
  pool.workers[0].job_id = "low";
  pool.workers[0].cordon = Cordon::kCordoned;
  GangRequest high = Request("high", 1, 1);
  high.priority = 90;

  EXPECT_TRUE(
      ChooseToPreempt({high}, {{.job_id = "low", .pool = "p", .is_preemptible = true}}, {pool})
          .empty());
}

// A pool of 4 whose first `ranks` run a preemptible job that can do with `workers_min`.
PoolView PoolThatRuns(const std::string& job_id, std::size_t ranks) {
  PoolView pool = MakePool("p", 4, 10);
  for (std::size_t rank = 0; rank < ranks; ++rank) pool.workers[rank].job_id = job_id;
  return pool;
}

std::vector<std::string> PreemptedFor(int workers_min, int workers_max,
                                      const std::vector<RunningGang>& running,
                                      const std::vector<PoolView>& pools) {
  GangRequest high = Request("high", workers_min, workers_max);
  high.priority = 90;
  std::vector<std::string> texts;
  for (const Displacement& chosen : ChooseToPreempt({high}, running, pools))
    texts.push_back(chosen.job_id + " keeps " + std::to_string(chosen.ranks_left));
  return texts;
}

RunningGang Preemptible(const std::string& job_id, const std::string& pool, int workers_min) {
  return {.job_id = job_id, .pool = pool, .is_preemptible = true, .workers_min = workers_min};
}

using Texts = std::vector<std::string>;

TEST(SchedulerTest, AJobThatCanDoWithLessShrinksInsteadOfBeingPreempted) {
  const std::vector<RunningGang> low = {Preemptible("low", "p", 1)};

  EXPECT_EQ(PreemptedFor(3, 3, low, {PoolThatRuns("low", 4)}), (Texts{"low keeps 1"}));
  EXPECT_EQ(PreemptedFor(4, 4, low, {PoolThatRuns("low", 4)}), (Texts{"low keeps 0"}));
}

TEST(SchedulerTest, AJobThatShrinksKeepsWhatNobodyWaitsFor) {
  const std::vector<RunningGang> low = {Preemptible("low", "p", 1)};

  EXPECT_EQ(PreemptedFor(1, 2, low, {PoolThatRuns("low", 4)}), (Texts{"low keeps 2"}));
  EXPECT_EQ(PreemptedFor(1, 8, low, {PoolThatRuns("low", 4)}), (Texts{"low keeps 1"}));
  EXPECT_EQ(PreemptedFor(2, 2, low, {PoolThatRuns("low", 3)}), (Texts{"low keeps 2"}));
}

TEST(SchedulerTest, WhereAJobCanShrinkNoneOfAnotherPoolIsPreempted) {
  PoolView other = MakePool("o", 3, 20);
  for (WorkerView& worker : other.workers) worker.job_id = "firm";

  EXPECT_EQ(PreemptedFor(3, 3, {Preemptible("firm", "o", 3), Preemptible("low", "p", 1)},
                         {other, PoolThatRuns("low", 4)}),
            (Texts{"low keeps 1"}));
}

TEST(SchedulerTest, AJobThatNeverFitsKeepsNobodyFromRanksThatOthersGive) {
  GangRequest huge = Request("huge", 100, 100);
  huge.priority = 95;
  GangRequest high = Request("high", 4, 4);
  high.priority = 90;

  const auto chosen =
      ChooseToPreempt({huge, high}, {Preemptible("low", "p", 4)}, {PoolThatRuns("low", 4)});

  ASSERT_EQ(chosen.size(), 1u);
  EXPECT_EQ(chosen[0].job_id, "low");
}

TEST(SchedulerTest, AJobGrowsIntoTheFreeRanksOfItsPool) {
  const auto growth = ChooseToGrow({}, {Request("a", 1, 3)}, {PoolThatRuns("a", 1)});

  ASSERT_TRUE(growth.has_value());
  EXPECT_EQ(growth->job_id, "a");
  EXPECT_EQ(growth->ranks_now, 1u);
  EXPECT_EQ(growth->ranks, 3u);
  EXPECT_TRUE(growth->is_in_its_pool);
}

TEST(SchedulerTest, AJobGrowsIntoAnotherPoolThatGivesItMore) {
  const auto growth =
      ChooseToGrow({}, {Request("a", 1, 8)}, {PoolThatRuns("a", 4), MakePool("q", 6, 20)});

  ASSERT_TRUE(growth.has_value());
  EXPECT_EQ(growth->pool, "q");
  EXPECT_EQ(growth->ranks, 6u);
  EXPECT_FALSE(growth->is_in_its_pool);
}

TEST(SchedulerTest, AJobDoesNotGrowOverTwoPools) {
  EXPECT_FALSE(
      ChooseToGrow({}, {Request("a", 1, 8)}, {PoolThatRuns("a", 4), MakePool("q", 4, 20)}));
}

TEST(SchedulerTest, NobodyGrowsWhileAJobWaitsThatCouldRun) {
  const PoolView pool = PoolThatRuns("a", 2);

  EXPECT_FALSE(ChooseToGrow({Request("b", 4, 4)}, {Request("a", 1, 4)}, {pool}));
  EXPECT_TRUE(ChooseToGrow({Request("huge", 9, 9)}, {Request("a", 1, 4)}, {pool}));
}

TEST(SchedulerTest, RanksThatTakeNoJobsMakeNobodyGrow) {
  PoolView pool = PoolThatRuns("a", 1);
  pool.workers[0].cordon = Cordon::kCordoned;  // its own, which it would not get again
  pool.workers[1].leaving = "SIGTERM";
  pool.workers[2].instruction_set = "avx512";
  GangRequest request = Request("a", 1, 4);
  request.instruction_set = "avx2";

  EXPECT_FALSE(ChooseToGrow({}, {request}, {pool}));
}

TEST(SchedulerTest, TheFirstThatCanGrowDoes) {
  PoolView pool = PoolThatRuns("full", 2);
  pool.workers[2].job_id = "small";

  const auto growth = ChooseToGrow({}, {Request("full", 1, 2), Request("small", 1, 4)}, {pool});

  ASSERT_TRUE(growth.has_value());
  EXPECT_EQ(growth->job_id, "small");
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

TEST(SchedulerTest, WhoIsSparedKeepsItsRanksAndAnotherGivesWay) {
  PoolView pool = MakePool("p", 2, 10);
  pool.workers[0].job_id = "new";
  pool.workers[1].job_id = "old";
  std::vector<RunningGang> running = {Preemptible("new", "p", 1), Preemptible("old", "p", 1)};
  running[0].spared_seconds = 10;
  running[1].priority = 1;
  GangRequest high = Request("high", 1, 1);
  high.priority = 50;

  const std::vector<Displacement> chosen = ChooseToPreempt({high}, running, {pool});

  ASSERT_EQ(chosen.size(), 1u);
  EXPECT_EQ(chosen[0].job_id, "old");
  running[1].spared_seconds = 5;
  EXPECT_TRUE(ChooseToPreempt({high}, running, {pool}).empty());
}

TEST(SchedulerTest, RanksThatAResizedJobTakesBackAreNotWaitedFor) {
  PoolView pool = MakePool("p", 4, 10);
  pool.workers[0].job_id = pool.workers[1].job_id = pool.workers[2].job_id = "resized";
  pool.workers[3].job_id = "low";
  std::vector<RunningGang> running = {Preemptible("resized", "p", 1), Preemptible("low", "p", 1)};
  running[0].is_ending = true;

  running[0].ranks_taken_back = 2;
  EXPECT_EQ(PreemptedFor(1, 1, running, {pool}), Texts());
  EXPECT_EQ(PreemptedFor(2, 2, running, {pool}), (Texts{"low keeps 0"}));
  running[0].ranks_taken_back = 4;
  EXPECT_EQ(PreemptedFor(1, 1, running, {pool}), (Texts{"low keeps 0"}));
}

TEST(SchedulerTest, ARankThatHasToEndSomethingFirstIsWaitedForAndNotTaken) {
  PoolView pool = MakePool("p", 2, 10);
  pool.workers[0].ends_first = 7;
  pool.workers[1].job_id = "low";

  EXPECT_TRUE(ScheduleGangs({Request("a", 1, 1)}, {pool}).empty());
  EXPECT_EQ(PreemptedFor(1, 1, {Preemptible("low", "p", 1)}, {pool}), Texts());
}

TEST(SchedulerTest, RanksThatAJobAvoidsAreNotTaken) {
  GangRequest request = Request("a", 1, 2);
  request.avoided = {10};

  EXPECT_EQ(ScheduleGangs({request}, {MakePool("p", 2, 10)}).at(0).sessions, (Sessions{11}));
}

TEST(SchedulerTest, OfJobsOfOnePriorityTheNewestAttemptGivesWay) {
  PoolView pool = MakePool("p", 2, 10);
  pool.workers[0].job_id = "new";
  pool.workers[1].job_id = "old";
  std::vector<RunningGang> running = {Preemptible("new", "p", 1), Preemptible("old", "p", 1)};
  running[0].generation = 8;
  running[1].generation = 7;
  GangRequest high = Request("high", 1, 1);
  high.priority = 50;

  const std::vector<Displacement> chosen = ChooseToPreempt({high}, running, {pool});

  ASSERT_EQ(chosen.size(), 1u);
  EXPECT_EQ(chosen[0].job_id, "new");
}

TEST(SchedulerTest, APoolForOneJobTakesNoOther) {
  PoolView pool = MakePool("p", 2, 10);
  pool.only_job = "a";

  EXPECT_TRUE(ScheduleGangs({Request("b", 1, 2)}, {pool}).empty());
  const auto gangs = ScheduleGangs({Request("b", 1, 2), Request("a", 1, 2)}, {pool});
  ASSERT_EQ(gangs.size(), 1u);
  EXPECT_EQ(gangs[0].job_id, "a");
  EXPECT_TRUE(PoolsFor("b", {pool}).empty());
}

}  // namespace
}  // namespace descent
