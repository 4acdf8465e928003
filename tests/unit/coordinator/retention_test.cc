#include "coordinator/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

bool NobodyWaits(const CheckpointRecord&) { return false; }

Job JobWith(const std::vector<std::int64_t>& steps, std::int64_t keep_last) {
  Job job;
  job.state = JobState::kRunning;
  job.spec.checkpoint.keep_last = keep_last;
  for (const std::int64_t step : steps) job.checkpoints.push_back({.step = step});
  return job;
}

std::vector<std::int64_t> StepsOf(const Job& job) {
  std::vector<std::int64_t> steps;
  for (const CheckpointRecord& checkpoint : job.checkpoints) steps.push_back(checkpoint.step);
  return steps;
}

TEST(RetentionTest, TheNewestStay) {
  Job job = JobWith({10, 20, 30}, 2);

  DropOldCheckpoints(job, NobodyWaits);

  EXPECT_THAT(StepsOf(job), ElementsAre(20, 30));
}

TEST(RetentionTest, TheBestStays) {
  Job job = JobWith({10, 20, 30}, 1);
  job.checkpoints[1].validation = {{EvaluationMetric::kLoss, 0.5}};

  DropOldCheckpoints(job, NobodyWaits);

  EXPECT_THAT(StepsOf(job), ElementsAre(20, 30));
}

TEST(RetentionTest, WhatIsPinnedStaysUntilItIsUnpinned) {
  Job job = JobWith({10, 20, 30, 40}, 1);
  job.checkpoints[0].is_pinned = true;
  DropOldCheckpoints(job, NobodyWaits);
  ASSERT_THAT(StepsOf(job), ElementsAre(10, 40));

  job.checkpoints[0].is_pinned = false;
  DropOldCheckpoints(job, NobodyWaits);

  EXPECT_THAT(StepsOf(job), ElementsAre(40));
}

TEST(RetentionTest, TheCheckpointToRollBackToStays) {
  Job job = JobWith({10, 20, 22, 24}, 2);
  job.spec.nonfinite.action = NonfiniteAction::kRollback;
  job.spec.checkpoint.every_steps = 10;

  DropOldCheckpoints(job, NobodyWaits);

  EXPECT_THAT(StepsOf(job), ElementsAre(20, 22, 24));
}

TEST(RetentionTest, WhatAnotherJobIsAboutToStartFromStays) {
  Job job = JobWith({10, 20, 30}, 1);

  DropOldCheckpoints(job, [](const CheckpointRecord& checkpoint) { return checkpoint.step == 10; });

  EXPECT_THAT(StepsOf(job), ElementsAre(10, 30));
}

TEST(RetentionTest, EveryReasonIsTold) {
  Job job = JobWith({10, 20, 30, 40}, 2);
  job.checkpoints[1].is_pinned = true;
  job.checkpoints[2].validation = {{EvaluationMetric::kLoss, 0.5}};

  EXPECT_THAT(ReasonsToKeep(job, job.checkpoints[0]), IsEmpty());
  EXPECT_THAT(ReasonsToKeep(job, job.checkpoints[1]), ElementsAre("pinned"));
  EXPECT_THAT(ReasonsToKeep(job, job.checkpoints[2]), ElementsAre("best", "keep_last"));
  EXPECT_THAT(ReasonsToKeep(job, job.checkpoints[3]), ElementsAre("latest"));
}

TEST(RetentionTest, AJobAtItsEndGoesBackToNothing) {
  Job job = JobWith({10, 20, 25}, 1);
  job.spec.nonfinite.action = NonfiniteAction::kRollback;
  job.spec.checkpoint.every_steps = 10;
  EXPECT_EQ(RollbackStepOf(job), 20);

  job.state = JobState::kSucceeded;

  EXPECT_EQ(RollbackStepOf(job), std::nullopt);
}

}  // namespace
}  // namespace descent
