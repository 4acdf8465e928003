#include "coordinator/stall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace descent {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr seconds kTimeout{60};

// Where a rank has been for that long.
Standing StandsFor(double still_seconds, const std::string& phase, RankProgress progress) {
  progress.moves = 9;
  progress.phase_age_seconds = still_seconds;
  return {.step = 812,
          .phase = phase,
          .progress = progress,
          .heard_at = MonotonicTime(),
          .still_seconds = still_seconds};
}

// Of steps that take `step_seconds`; 0: the first one is not done.
Attempt MakeAttempt(const std::vector<Standing>& standings, double step_seconds = 0.1) {
  Attempt attempt;
  for (std::size_t rank = 0; rank < standings.size(); ++rank)
    attempt.members.push_back({.session = rank + 1,
                               .name = "rank " + std::to_string(rank),
                               .host = "node-" + std::to_string(rank),
                               .standing = standings[rank]});
  if (step_seconds > 0) attempt.recent_step_seconds = {step_seconds};
  return attempt;
}

Standing InReduction(double still_seconds) {
  return StandsFor(still_seconds, "reduce", {.calls = 31, .is_in_call = true, .bucket = 7});
}

Standing InData(double still_seconds) { return StandsFor(still_seconds, "data", {.calls = 30}); }

bool IsStalled(const Attempt& attempt) { return FindStall(attempt, kTimeout).has_value(); }

Heartbeat Beat(std::int64_t moves) { return {.progress = {.moves = moves}}; }

TEST(StandingTest, TimeWithoutAMoveAddsUpAndAMoveEndsIt) {
  const MonotonicTime begin;
  Standing standing;

  standing.Hear(Beat(4), begin);
  EXPECT_EQ(standing.still_seconds, 0);
  standing.Hear(Beat(4), begin + seconds(3));
  standing.Hear(Beat(4), begin + seconds(6));
  EXPECT_EQ(standing.still_seconds, 6);
  standing.Hear(Beat(5), begin + seconds(9));

  EXPECT_EQ(standing.still_seconds, 0);
}

TEST(StandingTest, TheTimeOfACoordinatorThatSleptIsNotCounted) {
  const MonotonicTime begin;
  Standing standing;
  standing.Hear(Beat(4), begin);

  standing.Hear(Beat(4), begin + std::chrono::hours(1));

  EXPECT_LE(standing.still_seconds, 6);
}

TEST(StallTest, TheRankThatDidNotEnterTheReductionIsBlamed) {
  const auto stall = FindStall(
      MakeAttempt({InReduction(61), InReduction(62), InData(64), InReduction(60)}), kTimeout);

  ASSERT_TRUE(stall.has_value());
  EXPECT_EQ(stall->reason, "Stalled");
  EXPECT_EQ(stall->message,
            "rank 2 stands still: step 812, phase data for 64 s; ranks 0, 1, 3 wait for it in the "
            "reduction of bucket 7 of step 812");
  EXPECT_EQ(stall->rank, 2);
  EXPECT_EQ(stall->host, "node-2");
  EXPECT_EQ(stall->step, 812);
  EXPECT_EQ(stall->phase, "data");
}

TEST(StallTest, SeveralRanksThatDidNotEnterItAreBlamedTogether) {
  std::vector<Standing> standings(8, InReduction(70));
  standings[5] = standings[3] = InData(70);

  EXPECT_EQ(FindStall(MakeAttempt(standings), kTimeout)->message,
            "rank 3 stands still: step 812, phase data for 70 s; rank 5 stands still: step 812, "
            "phase data for 70 s; ranks 0-2, 4, 6, 7 wait for them in the reduction of bucket 7 of "
            "step 812");
}

TEST(StallTest, WhereAllAreInTheSameReductionNobodyIsBlamedAndAllAreNamed) {
  const auto stall = FindStall(MakeAttempt({InReduction(60), InReduction(60)}), kTimeout);

  ASSERT_TRUE(stall.has_value());
  EXPECT_EQ(
      stall->message,
      "all 2 ranks wait in the reduction of bucket 7 of step 812, and none has come out of it "
      "for 60 s: rank 0, phase reduce; rank 1, phase reduce");
  EXPECT_EQ(stall->rank, -1);
}

TEST(StallTest, OfManyRanksInTheSameReductionTheFirstAreNamed) {
  const auto stall = FindStall(MakeAttempt(std::vector<Standing>(6, InReduction(60))), kTimeout);

  ASSERT_TRUE(stall.has_value());
  EXPECT_THAT(stall->message, HasSubstr("; rank 3, phase reduce; and 2 more"));
}

TEST(StallTest, ARankThatDidNotComeOutOfACallIsBlamedOnceOthersAreInTheNext) {
  const Standing behind = StandsFor(60, "reduce", {.calls = 30, .is_in_call = true, .bucket = 6});

  const auto stall = FindStall(MakeAttempt({InReduction(60), behind}), kTimeout);

  ASSERT_TRUE(stall.has_value());
  EXPECT_EQ(stall->rank, 1);
  EXPECT_THAT(stall->message, HasSubstr("rank 0 waits for it in the reduction of bucket 7"));
}

TEST(StallTest, ARankThatIsAloneIsBlamed) {
  EXPECT_EQ(FindStall(MakeAttempt({InData(60)}), kTimeout)->message,
            "rank 0 stands still: step 812, phase data for 60 s");
}

TEST(StallTest, OneRankThatMovesIsEnough) {
  EXPECT_FALSE(IsStalled(MakeAttempt({InReduction(900), InReduction(900), InData(59)})));
}

TEST(StallTest, SlowStepsHaveTenTimesTheirMedian) {
  EXPECT_FALSE(IsStalled(MakeAttempt({InReduction(99), InData(99)}, /*step_seconds=*/10)));
  EXPECT_TRUE(IsStalled(MakeAttempt({InReduction(100), InData(100)}, /*step_seconds=*/10)));
}

TEST(StallTest, AFirstStepHasMoreTime) {
  EXPECT_FALSE(IsStalled(MakeAttempt({InReduction(599), InData(599)}, /*step_seconds=*/0)));
  EXPECT_TRUE(IsStalled(MakeAttempt({InReduction(600), InData(600)}, /*step_seconds=*/0)));
}

TEST(StallTest, ABlockOfAnEvaluationHasMoreTime) {
  const auto evaluates = [](double still_seconds) {
    return StandsFor(still_seconds, "evaluate", {.calls = 40});
  };

  EXPECT_FALSE(IsStalled(MakeAttempt({evaluates(599), evaluates(599)})));
  EXPECT_TRUE(IsStalled(MakeAttempt({evaluates(600), evaluates(600)})));
}

TEST(StallTest, ACheckpointThatIsBeingWrittenHasTheMost) {
  const auto attempt = [](double still_seconds) {
    return MakeAttempt({StandsFor(still_seconds, "checkpoint", {.calls = 40, .is_saving = true}),
                        StandsFor(still_seconds, "checkpoint", {.calls = 41, .is_in_call = true})});
  };

  EXPECT_FALSE(IsStalled(attempt(3599)));
  EXPECT_TRUE(IsStalled(attempt(3600)));
}

TEST(StallTest, RanksThatAllWaitForAGrantDoNotStandStill) {
  const Standing waits = StandsFor(9000, "wait", {.calls = 40});
  const Standing begins = StandsFor(9000, "wait", {.calls = 41, .is_in_call = true});

  EXPECT_FALSE(IsStalled(MakeAttempt({waits, waits})));
  EXPECT_EQ(FindStall(MakeAttempt({begins, waits}), kTimeout)->rank, 1);
}

TEST(StallTest, RanksThatHaveEndedDoNotCount) {
  Attempt attempt = MakeAttempt({InReduction(0), InData(60)});
  attempt.members[0].ended = AssignmentEnded{};

  EXPECT_EQ(FindStall(attempt, kTimeout)->rank, 1);
}

TEST(StallTest, OfWorkersThatDoNotTellNothingIsKnown) {
  Standing silent = InData(900);
  silent.progress.moves = 0;

  EXPECT_FALSE(IsStalled(MakeAttempt({InReduction(900), silent})));
}

TEST(StallTest, WithoutALimitThereIsNoStall) {
  EXPECT_FALSE(FindStall(MakeAttempt({InReduction(9000), InData(9000)}), seconds(0)).has_value());
}

}  // namespace
}  // namespace descent
