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

  EXPECT_EQ(counters.admission_waits.sum, 30);
  EXPECT_EQ(counters.startups.at("cpu").sum, 2);
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

  EXPECT_EQ(counters.startups.at("cpu").sum, 0);
}

TEST(CountersTest, ACheckpointIsCountedByWhatItWasMadeFor) {
  Counters counters;
  Job job = MakeFullJob();  // its last step is 80, and 2 requests are done
  const CheckpointWritten written{
      .step = 60, .bytes = 4096, .request = 2, .write_seconds = 3, .blocking_seconds = 0.25};
  CheckpointWritten requested = written;
  requested.request = 3;
  CheckpointWritten last = written;
  last.step = 80;

  counters.Count(job, written);
  counters.Count(job, requested);
  counters.Count(job, last);
  job.state = JobState::kSuspending;
  counters.Count(job, written);

  EXPECT_THAT(counters.checkpoints,
              ElementsAre(Pair(Pair("written", "end"), 1), Pair(Pair("written", "request"), 1),
                          Pair(Pair("written", "schedule"), 1), Pair(Pair("written", "stop"), 1)));
  EXPECT_EQ(counters.checkpoint_sizes.sum, 4 * 4096);
  EXPECT_EQ(counters.checkpoint_write_times.sum, 12);
  EXPECT_EQ(counters.checkpoint_blocking_times.sum, 1);
}

TEST(CountersTest, ACheckpointThatCannotBeWrittenIsCountedOnce) {
  Counters counters;
  const Job job = MakeFullJob();
  AssignmentEnded ended{.rank = 0,
                        .outcome = EndOutcome::kFailed,
                        .step = 60,
                        .reason = "DiskFull",
                        .phase = "checkpoint"};
  counters.Count(job, ended);
  ended.rank = 1;
  ended.reason = "PeerLost";
  counters.Count(job, ended);
  ended.rank = 0;
  counters.Count(job, ended);
  ended = {.outcome = EndOutcome::kFailed, .reason = "NonFiniteLoss", .phase = "update"};
  counters.Count(job, ended);

  EXPECT_THAT(counters.checkpoints, ElementsAre(Pair(Pair("failed", "request"), 1)));
}

TEST(CountersTest, EachRankGivesItsGradientUnlessItIsAlone) {
  Counters counters;
  Job job = MakeFullJob();  // two workers, 1234 parameters
  const StepReports reports{.steps = {{.step = 51, .samples = 64}, {.step = 52, .samples = 64}}};

  counters.Count(job, reports, 140);

  EXPECT_EQ(counters.jobs.at("full-1").samples, 128);
  EXPECT_EQ(counters.jobs.at("full-1").allreduce_bytes, 2 * 1234 * 4);
  job.attempt.workers = {"a/0"};
  counters.Count(job, reports, 141);
  EXPECT_EQ(counters.jobs.at("full-1").allreduce_bytes, 2 * 1234 * 4);
}

TEST(HistogramTest, ADurationIsInTheFirstBucketThatHoldsIt) {
  Histogram histogram;

  histogram.Add(0.001);
  histogram.Add(7200);

  EXPECT_EQ(histogram.counts.front(), 1);
  EXPECT_EQ(histogram.counts.back(), 1);
}

TEST(HistogramTest, BytesHaveBoundsOfTheirOwn) {
  Histogram histogram(kBytesBounds);

  histogram.Add(65536);
  histogram.Add(65537);

  EXPECT_EQ(histogram.counts[0], 1);
  EXPECT_EQ(histogram.counts[1], 1);
  EXPECT_EQ(histogram.counts.size(), kBytesBounds.size() + 1);
}

}  // namespace
}  // namespace descent
