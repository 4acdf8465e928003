#include "coordinator/counters.h"

#include <gmock/gmock.h>

#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::Pair;

StoreJob Moved(JobState from, JobState to, const std::string& reason) {
  Job job = MakeJob("a", 1);
  job.state = to;
  job.create_time = 100;
  job.attempt = {.attempt = 1, .start_time = 130};
  return {.job = job,
          .event_type = "StateChanged",
          .from_state = std::string(JobStateName(from)),
          .to_state = std::string(JobStateName(to)),
          .reason = reason};
}

TEST(CountersTest, AJobIsCountedOnItsWay) {
  Counters counters;

  counters.Count(Moved(JobState::kQueued, JobState::kStarting, "GangReserved"), 130);
  counters.Count(Moved(JobState::kStarting, JobState::kRunning, "GangReady"), 132);
  counters.Count(Moved(JobState::kRunning, JobState::kRecovering, "WorkerLost"), 140);
  counters.Count(Moved(JobState::kRunning, JobState::kSucceeded, "Completed"), 150);

  EXPECT_EQ(counters.admission_waits.sum_seconds, 30);
  EXPECT_EQ(counters.startups.sum_seconds, 2);
  EXPECT_THAT(counters.restarts, ElementsAre(Pair("WorkerLost", 1)));
  EXPECT_THAT(counters.jobs_finished, ElementsAre(Pair(Pair("SUCCEEDED", "Completed"), 1)));
}

TEST(CountersTest, APreemptionIsNoRestart) {
  Counters counters;

  counters.Count(Moved(JobState::kRunning, JobState::kSuspending, "Preempted"), 140);
  counters.Count(Moved(JobState::kSuspending, JobState::kQueued, "Preempted"), 141);

  EXPECT_EQ(counters.preemptions, 1);
  EXPECT_TRUE(counters.restarts.empty());
}

TEST(CountersTest, AResizeIsNeitherARestartNorAPreemption) {
  Counters counters;

  counters.Count(Moved(JobState::kRunning, JobState::kSuspending, "Resizing"), 140);
  counters.Count(Moved(JobState::kSuspending, JobState::kQueued, "Resized"), 141);

  EXPECT_EQ(counters.resizes, 1);
  EXPECT_EQ(counters.preemptions, 0);
  EXPECT_TRUE(counters.restarts.empty());
}

TEST(CountersTest, WhatHappensInAStateIsNoMove) {
  Counters counters;
  StoreJob change = Moved(JobState::kRunning, JobState::kRunning, "CheckpointWritten");
  change.event_type = "CheckpointWritten";

  counters.Count(change, 140);

  EXPECT_EQ(counters.checkpoints, 1);
  EXPECT_EQ(counters.startups.sum_seconds, 0);
}

TEST(HistogramTest, ADurationIsInTheFirstBucketThatHoldsIt) {
  Histogram histogram;

  histogram.Add(0.001);
  histogram.Add(7200);

  EXPECT_EQ(histogram.counts.front(), 1);
  EXPECT_EQ(histogram.counts.back(), 1);
}

}  // namespace
}  // namespace descent
