#include "coordinator/job_conditions.h"

#include <gmock/gmock.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kTrue = ConditionStatus::kTrue;
constexpr auto kFalse = ConditionStatus::kFalse;
constexpr auto kUnknown = ConditionStatus::kUnknown;

Job QueuedJob() {
  Job job;
  job.id = "a";
  job.sequence = 1;
  job.state_reason = "Submitted";
  job.state_message = "waits for workers";
  job.create_time = 100;
  return job;
}

// Reserved at 110, ready at 120, its last step was reported at 150.
Job RunningJob() {
  Job job = QueuedJob();
  job.state = JobState::kRunning;
  job.state_reason = "GangReady";
  job.attempt = {
      .attempt = 1, .workers = {"h/0", "h/1"}, .start_time = 110, .begin_time = 120, .pool = "p"};
  job.last_step_time = 150;
  return job;
}

std::vector<Condition> Conditions(const Job& job, double wall = 160) {
  return ConditionsOf(job, std::nullopt, wall);
}

Condition Find(const Job& job, std::string_view type, double wall = 160) {
  for (const Condition& condition : Conditions(job, wall))
    if (condition.type == type) return condition;
  ADD_FAILURE() << type;
  return {};
}

std::vector<ConditionStatus> Statuses(const Job& job) {
  std::vector<ConditionStatus> statuses;
  for (const Condition& condition : Conditions(job)) statuses.push_back(condition.status);
  return statuses;
}

TEST(JobConditionsTest, AJobThatWaitsHasNothingAndSaysWhy) {
  const QueuePosition position = {
      .position = 1,
      .reason = {.reason = "WaitingForWorkers", .message = "none are attached"},
      .estimated_start_time = std::nullopt};

  const Condition reserved = ConditionsOf(QueuedJob(), position, 160).front();

  EXPECT_THAT(Statuses(QueuedJob()), ElementsAre(kFalse, kFalse, kFalse, kUnknown));
  EXPECT_EQ(reserved.type, "QuotaReserved");
  EXPECT_EQ(reserved.reason, "WaitingForWorkers");
  EXPECT_EQ(reserved.message, "none are attached");
  EXPECT_EQ(reserved.last_transition_time, 100);
}

TEST(JobConditionsTest, WhileItsWorkersPrepareThereIsNoGangYet) {
  Job job = RunningJob();
  job.state = JobState::kStarting;
  job.attempt.begin_time = 0;

  EXPECT_THAT(Statuses(job), ElementsAre(kTrue, kFalse, kFalse, kUnknown));
  EXPECT_EQ(Find(job, "QuotaReserved").last_transition_time, 110);
  EXPECT_EQ(Find(job, "GangReady").reason, "Preparing");
}

TEST(JobConditionsTest, WhereStepsComeItProgressesSinceItsGangIsReady) {
  const Job job = RunningJob();

  EXPECT_THAT(Statuses(job), ElementsAre(kTrue, kTrue, kTrue, kUnknown));
  EXPECT_EQ(Find(job, "GangReady").last_transition_time, 120);
  EXPECT_EQ(Find(job, "Progressing").last_transition_time, 120);
}

TEST(JobConditionsTest, WithoutAStepForFiveMinutesItDoesNotProgress) {
  const Job job = RunningJob();

  EXPECT_EQ(Find(job, "Progressing", 450).status, kTrue);
  const Condition silent = Find(job, "Progressing", 451);
  EXPECT_EQ(silent.status, kFalse);
  EXPECT_EQ(silent.reason, "NoStep");
  EXPECT_EQ(silent.last_transition_time, 450);
}

TEST(JobConditionsTest, LongStepsAreAwaitedLonger) {
  Job job = RunningJob();
  job.median_step_seconds = 60;

  EXPECT_EQ(Find(job, "Progressing", 749).status, kTrue);
  EXPECT_EQ(Find(job, "Progressing", 751).status, kFalse);
}

TEST(JobConditionsTest, AJobThatRecoversLostItsGangWhenItsAttemptEnded) {
  Job job = RunningJob();
  job.attempt.end_time = 155;
  job.state = JobState::kRecovering;
  job.state_reason = "WorkerLost";

  EXPECT_THAT(Statuses(job), ElementsAre(kFalse, kFalse, kFalse, kUnknown));
  EXPECT_EQ(Find(job, "GangReady").reason, "WorkerLost");
  EXPECT_EQ(Find(job, "GangReady").last_transition_time, 155);

  job.earlier_attempts = {job.attempt};
  job.attempt = {.attempt = 2, .start_time = 158};
  job.state = JobState::kStarting;
  EXPECT_EQ(Find(job, "QuotaReserved").last_transition_time, 158);
  EXPECT_EQ(Find(job, "GangReady").last_transition_time, 155);
}

TEST(JobConditionsTest, AJobThatIsToEndProgressesUntilItsWorkersHaveStopped) {
  Job job = RunningJob();
  job.state = JobState::kSuspending;
  job.state_reason = "SuspendRequested";

  EXPECT_EQ(Find(job, "Progressing").status, kTrue);
  EXPECT_EQ(Find(job, "Progressing").reason, "SuspendRequested");
}

TEST(JobConditionsTest, SavesThatAreSkippedAreToldWithWhatToDo) {
  Job job = RunningJob();
  job.checkpoint_healthy_time = 130;
  EXPECT_EQ(Find(job, "CheckpointHealthy").status, kTrue);
  EXPECT_EQ(Find(job, "CheckpointHealthy").last_transition_time, 130);

  job.skipped_saves = {
      .count = 2, .last_step = 60, .last_message = "/c has 5 free bytes", .first_time = 140};

  const Condition low = Find(job, "CheckpointHealthy");
  EXPECT_EQ(low.status, kFalse);
  EXPECT_EQ(low.reason, "DiskLow");
  EXPECT_THAT(low.message, HasSubstr("2 saves were skipped, the last after step 60: /c has 5 free "
                                     "bytes; free space there"));
  EXPECT_EQ(low.last_transition_time, 140);
}

TEST(JobConditionsTest, AJobThatFailedAsItSavedSaysSo) {
  Job job = RunningJob();
  job.state = JobState::kFailed;
  job.end_time = 155;
  job.failure = FailureRecord{.reason = "DiskFull", .message = "no space", .phase = "checkpoint"};

  EXPECT_EQ(Find(job, "CheckpointHealthy").reason, "DiskFull");
  EXPECT_EQ(Find(job, "CheckpointHealthy").last_transition_time, 155);
}

TEST(JobConditionsTest, WhatWasNotCreatedHasNone) {
  Job job = QueuedJob();
  job.sequence = 0;

  EXPECT_THAT(Conditions(job), IsEmpty());
}

}  // namespace
}  // namespace descent
