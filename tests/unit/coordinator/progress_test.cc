#include "coordinator/progress.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iterator>

namespace descent {
namespace {

CheckpointWritten Written(std::int64_t step, std::uint64_t digest) {
  return {.step = step, .directory = "step", .state_digest = {.low = digest}};
}

TEST(ProgressTest, StepsThatWereReportedBeforeAreDropped) {
  Job job;
  job.step = 10;

  const auto points = AdvanceSteps(job, {{.step = 9}, {.step = 10}, {.step = 11}});

  EXPECT_EQ(job.step, 11);
  for (const MetricPoint& point : points) EXPECT_EQ(point.step, 11);
  EXPECT_FALSE(points.empty());
}

TEST(ProgressTest, WhatRemainsFollowsFromThePace) {
  Job job;
  job.spec.batch.global = 10;
  job.spec.batch.logical_workers = 1;
  job.spec.batch.micro = 10;
  job.spec.steps = 100;
  job.train_samples = 1000;
  job.step = 40;
  job.steps_per_second = 5;
  EXPECT_EQ(RemainingSeconds(job), std::nullopt);  // it does not run

  job.state = JobState::kRunning;

  EXPECT_EQ(RemainingSeconds(job), 12);
}

TEST(ProgressTest, TheLatestMetricsAreThoseOfTheLastStep) {
  Job job;

  (void)AdvanceSteps(job, {{.step = 1, .loss = 3}, {.step = 2, .loss = 2}});

  EXPECT_EQ(job.latest_metrics.at("train/loss"), 2);
}

// A coordinator that is restarted hears the means that rank 0 went on with meanwhile.
TEST(ProgressTest, TheNoiseIsTheReportersAndNotAddedUpHere) {
  Job job;
  const SmoothedNoise noise = {.mean = {.signal = 2, .noise = 100}, .steps = 50};

  (void)AdvanceSteps(job, {{.step = 60, .noise = noise}});

  EXPECT_EQ(job.gradient_noise, noise);
  EXPECT_EQ(job.latest_metrics.at("train/noise_scale"), 50);
}

TEST(ProgressTest, AStepThatIsNotFiniteIsCountedAndHasNoLoss) {
  Job job;
  const StepMetrics lost = {.step = 2,
                            .loss = HUGE_VAL,
                            .nonfinite = NonfiniteReport{.message = "step 1: the loss is inf"}};

  (void)AdvanceSteps(job, {{.step = 1, .loss = 3}, lost});
  (void)AdvanceSteps(job, {lost});  // computed again after a restart

  EXPECT_EQ(job.step, 2);
  EXPECT_EQ(job.latest_metrics.at("train/loss"), 3);
  EXPECT_EQ(job.latest_metrics.at("train/nonfinite_steps"), 1);
  EXPECT_EQ(job.nonfinite_steps.count, 1);
  EXPECT_EQ(job.nonfinite_steps.last_step, 2);
  EXPECT_EQ(job.nonfinite_steps.last_message, "step 1: the loss is inf");
}

TEST(ProgressTest, AnEvaluationIsNamedAfterItsSplit) {
  Job job;

  const auto points = RecordEvaluation(
      job, {.step = 5,
            .split = EvaluationSplit::kTest,
            .values = {{EvaluationMetric::kLoss, 0.3}, {EvaluationMetric::kAccuracy, 0.9}}});

  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].name, "test/loss");
  EXPECT_EQ(points[1].name, "test/accuracy");
  EXPECT_EQ(job.latest_metrics.at("test/accuracy"), 0.9);
}

TEST(ProgressTest, ACheckpointBeyondAllOthersIsProgress) {
  Job job;
  job.attempts_without_progress = 3;

  EXPECT_EQ(RecordCheckpoint(job, Written(10, 1), 0), std::nullopt);

  EXPECT_EQ(job.attempts_without_progress, 0);
}

TEST(ProgressTest, SkippedSavesAreCountedUntilACheckpointIsWritten) {
  Job job;

  EXPECT_TRUE(RecordSkippedSave(job, {.step = 10, .message = "full"}, 100));
  EXPECT_FALSE(RecordSkippedSave(job, {.step = 20, .message = "still full"}, 200));

  EXPECT_EQ(job.skipped_saves.count, 2);
  EXPECT_EQ(job.skipped_saves.last_step, 20);
  EXPECT_EQ(job.skipped_saves.last_message, "still full");
  EXPECT_EQ(job.skipped_saves.first_time, 100);

  EndSkippedSaves(job, 300);
  EndSkippedSaves(job, 400);

  EXPECT_EQ(job.skipped_saves.count, 0);
  EXPECT_EQ(job.checkpoint_healthy_time, 300);
  EXPECT_TRUE(RecordSkippedSave(job, {.step = 50, .message = "full"}, 500));
}

TEST(ProgressTest, ACheckpointPublishedAgainIsNoProgress) {
  Job job;
  (void)RecordCheckpoint(job, Written(10, 1), 0);
  job.attempts_without_progress = 3;

  EXPECT_EQ(RecordCheckpoint(job, Written(10, 1), 0), std::nullopt);

  EXPECT_EQ(job.attempts_without_progress, 3);
  EXPECT_EQ(job.checkpoints.size(), 1u);
}

TEST(ProgressTest, AReplayWithOtherBitsIsADivergence) {
  Job job;
  (void)RecordCheckpoint(job, Written(10, 1), 0);

  const auto failure = RecordCheckpoint(job, Written(10, 2), 0);

  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->reason, "StateDiverged");
}

StepMetrics Verified(std::int64_t step, std::uint64_t digest) {
  return {.step = step, .parameters_digest = Digest{.low = digest}};
}

TEST(ProgressTest, TheDigestsOfTheLastVerifiedStepsAreKept) {
  Job job;
  const auto count = static_cast<std::int64_t>(kVerifiedStepsKept);

  for (std::int64_t step = 1; step <= count + 1; ++step)
    EXPECT_EQ(RecordVerifiedSteps(job, {{.step = step}, Verified(step, 7)}), std::nullopt);

  ASSERT_EQ(std::ssize(job.verified_steps), count);
  EXPECT_EQ(job.verified_steps.front().step, 2);
  EXPECT_EQ(job.verified_steps.back().step, count + 1);
}

TEST(ProgressTest, AVerifiedStepThatIsComputedAgainToOtherBitsIsADivergence) {
  Job job;
  (void)RecordVerifiedSteps(job, {Verified(10, 1), Verified(20, 2)});

  EXPECT_EQ(RecordVerifiedSteps(job, {Verified(10, 1)}), std::nullopt);
  const auto failure = RecordVerifiedSteps(job, {Verified(20, 3)});

  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->reason, "StateDiverged");
  EXPECT_EQ(failure->step, 20);
  EXPECT_EQ(job.verified_steps.size(), 2u);
}

TEST(ProgressTest, TheFastestReductionMayGiveAVerifiedStepOtherBits) {
  Job job;
  job.spec.reduction = ReductionKind::kFastest;
  (void)RecordVerifiedSteps(job, {Verified(10, 1), Verified(20, 2)});

  EXPECT_EQ(RecordVerifiedSteps(job, {Verified(10, 3)}), std::nullopt);

  ASSERT_EQ(job.verified_steps.size(), 1u);
  EXPECT_EQ(job.verified_steps.front().parameters_digest, Digest{.low = 3});
}

}  // namespace
}  // namespace descent
