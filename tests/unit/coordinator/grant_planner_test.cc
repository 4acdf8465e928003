#include "coordinator/grant_planner.h"

#include <gtest/gtest.h>

#include "common/limits.h"

namespace descent {
namespace {

// Ten steps an epoch over 1000 samples.
JobSpec MakeSpec(std::int64_t steps) {
  JobSpec spec{.name = "job"};
  spec.data.train.path = "train";
  spec.batch.global = 100;
  spec.steps = steps;
  return WithDefaults(spec);
}

GrantPlanner MakePlanner(const JobSpec& spec, AttemptStart start = {}) {
  return GrantPlanner::Create(spec, 1000, start).value();
}

std::vector<std::int64_t> Ends(const std::vector<GrantSteps>& grants) {
  std::vector<std::int64_t> ends;
  for (const GrantSteps& grant : grants) ends.push_back(grant.last);
  return ends;
}

TEST(GrantPlannerTest, GrantsTwiceTheStepsThatMustBeAheadWhenThePaceIsUnknown) {
  GrantPlanner planner = MakePlanner(MakeSpec(1000));

  const std::vector<GrantSteps> grants = planner.Extend(0, 0);

  ASSERT_EQ(grants.size(), 1u);
  EXPECT_EQ(grants[0].first, 0);
  EXPECT_EQ(grants[0].last, 2 * limits::kGrantAheadStepsMin);
  EXPECT_FALSE(grants[0].is_final);
}

TEST(GrantPlannerTest, GrantsNothingWhileEnoughIsAhead) {
  GrantPlanner planner = MakePlanner(MakeSpec(1000));
  (void)planner.Extend(0, 0);

  EXPECT_TRUE(planner.Extend(limits::kGrantAheadStepsMin, 0).empty());
  EXPECT_FALSE(planner.Extend(limits::kGrantAheadStepsMin + 1, 0).empty());
}

TEST(GrantPlannerTest, AFastPaceGrantsTenSecondsAhead) {
  GrantPlanner planner = MakePlanner(MakeSpec(100'000));

  const std::vector<GrantSteps> grants = planner.Extend(0, 200);

  EXPECT_GE(grants.back().last, 2000);
}

TEST(GrantPlannerTest, AnImpossiblePaceDoesNotOverflow) {
  GrantPlanner planner = MakePlanner(MakeSpec(1'000'000'000));

  EXPECT_LE(planner.Extend(0, 1e300).back().last, 1'000'000'000);
}

TEST(GrantPlannerTest, AReportOfStepsThatWereNeverGrantedDoesNotSkipAny) {
  GrantPlanner planner = MakePlanner(MakeSpec(1000));
  const std::int64_t granted = planner.Extend(0, 0).back().last;

  EXPECT_EQ(planner.Extend(1'000'000, 0).front().first, granted);
}

TEST(GrantPlannerTest, GrantsEndWhereAnEvaluationOrACheckpointIsDue) {
  JobSpec spec = MakeSpec(60);
  spec.data.validation = DatasetSpec{.path = "validation"};
  spec.evaluate.every_epochs = 2;
  spec.checkpoint.every_steps = 25;
  GrantPlanner planner = MakePlanner(spec);

  const std::vector<GrantSteps> grants = planner.Extend(0, 0);

  EXPECT_EQ(Ends(grants), (std::vector<std::int64_t>{20, 25, 40, 50, 60}));
  EXPECT_TRUE(grants[0].evaluate);
  EXPECT_FALSE(grants[0].save_checkpoint);
  EXPECT_FALSE(grants[1].evaluate);
  EXPECT_TRUE(grants[1].save_checkpoint);
}

TEST(GrantPlannerTest, TheLastGrantEvaluatesSavesAndIsFinal) {
  JobSpec spec = MakeSpec(7);
  spec.data.validation = DatasetSpec{.path = "validation"};
  GrantPlanner planner = MakePlanner(spec);

  const std::vector<GrantSteps> grants = planner.Extend(0, 0);

  ASSERT_EQ(grants.size(), 1u);
  EXPECT_TRUE(grants[0].evaluate);
  EXPECT_TRUE(grants[0].save_checkpoint);
  EXPECT_TRUE(grants[0].is_final);
  EXPECT_TRUE(planner.Extend(7, 0).empty());
}

TEST(GrantPlannerTest, WithoutAValidationSetNothingIsEvaluated) {
  JobSpec spec = MakeSpec(50);
  spec.evaluate.every_steps = 10;
  GrantPlanner planner = MakePlanner(spec);

  const std::vector<GrantSteps> grants = planner.Extend(0, 0);

  ASSERT_EQ(grants.size(), 1u);
  EXPECT_FALSE(grants[0].evaluate);
}

TEST(GrantPlannerTest, StopAtStepIsTheLastStep) {
  JobSpec spec = MakeSpec(50);
  spec.stop_at_step = 30;
  GrantPlanner planner = MakePlanner(spec);

  EXPECT_EQ(planner.Extend(0, 0).back().last, 30);
  EXPECT_EQ(planner.arithmetic().total_steps, 50);
}

TEST(GrantPlannerTest, AnAttemptGoesOnWhereItsCheckpointEnds) {
  JobSpec spec = MakeSpec(50);
  spec.checkpoint.every_steps = 20;
  GrantPlanner planner = MakePlanner(spec, {.step = 25, .is_own_checkpoint = true});

  const std::vector<GrantSteps> grants = planner.Extend(25, 0);

  EXPECT_EQ(grants.front().first, 25);
  EXPECT_EQ(Ends(grants), (std::vector<std::int64_t>{40, 50}));
}

TEST(GrantPlannerTest, AnAttemptThatStartsAtTheEndGetsOneEmptyFinalGrant) {
  GrantPlanner planner = MakePlanner(MakeSpec(50), {.step = 50, .is_own_checkpoint = true});

  const std::vector<GrantSteps> grants = planner.Extend(50, 0);

  ASSERT_EQ(grants.size(), 1u);
  EXPECT_EQ(grants[0].first, 50);
  EXPECT_EQ(grants[0].last, 50);
  EXPECT_TRUE(grants[0].is_final);
  EXPECT_FALSE(grants[0].save_checkpoint);
}

TEST(GrantPlannerTest, AForeignCheckpointAtTheEndIsRefused) {
  const auto planner = GrantPlanner::Create(MakeSpec(50), 1000, {.step = 50});

  EXPECT_EQ(planner.status().code(), Code::kFailedPrecondition);
}

TEST(GrantPlannerTest, ABatchLargerThanTheTrainingSetIsRefused) {
  const auto planner = GrantPlanner::Create(MakeSpec(50), 99, {});

  EXPECT_EQ(planner.status().code(), Code::kFailedPrecondition);
}

TEST(GrantPlannerTest, ManyShortGrantsComeInSeveralRounds) {
  JobSpec spec = MakeSpec(100'000);
  spec.checkpoint.every_steps = 1;
  GrantPlanner planner = MakePlanner(spec);

  const std::vector<GrantSteps> grants = planner.Extend(0, 1000);

  EXPECT_LT(grants.size(), limits::kStreamQueueMax);
  EXPECT_EQ(planner.Extend(1, 1000).front().first, grants.back().last);
}

// Ten seconds at this pace are more grants than a worker's stream has room for.
TEST(GrantPlannerTest, ShortGrantsThatAreNotDoneNeverFillTheStreamOfAWorker) {
  JobSpec spec = MakeSpec(100'000);
  spec.data.validation = DatasetSpec{.path = "validation"};
  spec.evaluate.every_steps = 1;
  GrantPlanner planner = MakePlanner(spec);

  std::int64_t granted = 0;
  for (std::int64_t report = 0; report < 1000; ++report) {
    const std::int64_t done = report / 100;
    for (const GrantSteps& grant : planner.Extend(done, 1000)) {
      EXPECT_EQ(grant.first, granted);
      granted = grant.last;
    }
    ASSERT_GT(granted, done);
    ASSERT_LT(granted - done, static_cast<std::int64_t>(limits::kStreamQueueMax / 2));
  }
}

}  // namespace
}  // namespace descent
