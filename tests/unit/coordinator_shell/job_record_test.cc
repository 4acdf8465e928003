#include "coordinator/job_record.h"

#include <gtest/gtest.h>

#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

void ExpectEqual(const AttemptRecord& found, const AttemptRecord& wanted) {
  EXPECT_EQ(found.attempt, wanted.attempt);
  EXPECT_EQ(found.generation, wanted.generation);
  EXPECT_EQ(found.start_step, wanted.start_step);
  EXPECT_EQ(found.workers, wanted.workers);
  EXPECT_EQ(found.begin_time, wanted.begin_time);
}

void ExpectEqual(const FailureRecord& found, const FailureRecord& wanted) {
  EXPECT_EQ(found.reason, wanted.reason);
  EXPECT_EQ(found.message, wanted.message);
  EXPECT_EQ(found.rank, wanted.rank);
  EXPECT_EQ(found.host, wanted.host);
  EXPECT_EQ(found.step, wanted.step);
  EXPECT_EQ(found.phase, wanted.phase);
}

void ExpectEqual(const CheckpointRecord& found, const CheckpointRecord& wanted) {
  EXPECT_EQ(found.step, wanted.step);
  EXPECT_EQ(found.epoch, wanted.epoch);
  EXPECT_EQ(found.directory, wanted.directory);
  EXPECT_EQ(found.state_digest, wanted.state_digest);
  EXPECT_EQ(found.bytes, wanted.bytes);
  EXPECT_EQ(found.create_time, wanted.create_time);
}

TEST(JobRecordTest, EveryFieldOfAJobSurvivesEncoding) {
  const Job job = MakeFullJob();

  const Result<Job> decoded = DecodeJob(EncodeJob(job));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  const Job& found = decoded.value();
  EXPECT_EQ(found.priority, job.priority);
  EXPECT_EQ(found.is_preemptible, job.is_preemptible);
  EXPECT_EQ(found.labels, job.labels);
  EXPECT_EQ(EtagOf(found), EtagOf(job));
  EXPECT_EQ(found.median_step_seconds, job.median_step_seconds);
  EXPECT_EQ(found.last_step_seconds, job.last_step_seconds);
  EXPECT_EQ(found.last_step_time, job.last_step_time);
  EXPECT_EQ(found.skipped_saves.count, job.skipped_saves.count);
  EXPECT_EQ(found.skipped_saves.last_step, job.skipped_saves.last_step);
  EXPECT_EQ(found.skipped_saves.last_message, job.skipped_saves.last_message);
  EXPECT_EQ(found.skipped_saves.first_time, job.skipped_saves.first_time);
  EXPECT_EQ(found.checkpoint_healthy_time, job.checkpoint_healthy_time);
  ASSERT_EQ(found.verified_steps.size(), 2u);
  EXPECT_EQ(found.verified_steps[1].step, 50);
  EXPECT_EQ(found.verified_steps[1].parameters_digest, job.verified_steps[1].parameters_digest);
  EXPECT_EQ(found.coordinator_version, job.coordinator_version);
  EXPECT_EQ(found.worker_version, job.worker_version);
  ASSERT_EQ(found.failure->secondary.size(), 1u);
  ExpectEqual(found.failure->secondary[0], job.failure->secondary[0]);
  EXPECT_EQ(found.id, job.id);
  EXPECT_EQ(found.spec.data.validation->range, job.spec.data.validation->range);
  EXPECT_EQ(NoDecayOf(found.spec.optimizer), NoDecayOf(job.spec.optimizer));
  EXPECT_EQ(found.spec.seed, job.spec.seed);
  EXPECT_EQ(found.spec.stop_at_step, job.spec.stop_at_step);
  EXPECT_EQ(found.state, job.state);
  EXPECT_EQ(found.state_reason, job.state_reason);
  EXPECT_EQ(found.state_message, job.state_message);
  EXPECT_EQ(found.request_id, job.request_id);
  EXPECT_EQ(found.sequence, job.sequence);
  ExpectEqual(found.attempt, job.attempt);
  EXPECT_EQ(found.attempts_without_progress, job.attempts_without_progress);
  ASSERT_TRUE(found.failure.has_value());
  ExpectEqual(*found.failure, *job.failure);
  EXPECT_EQ(found.train_samples, job.train_samples);
  EXPECT_EQ(found.parameter_count, job.parameter_count);
  EXPECT_EQ(found.instruction_set, job.instruction_set);
  EXPECT_EQ(found.dataset_fingerprint, job.dataset_fingerprint);
  EXPECT_EQ(found.step, job.step);
  EXPECT_EQ(found.epoch, job.epoch);
  EXPECT_EQ(found.samples_per_second, job.samples_per_second);
  EXPECT_EQ(found.steps_per_second, job.steps_per_second);
  EXPECT_EQ(found.latest_metrics, job.latest_metrics);
  ASSERT_EQ(found.checkpoints.size(), 2u);
  ExpectEqual(found.checkpoints[0], job.checkpoints[0]);
  ExpectEqual(found.checkpoints[1], job.checkpoints[1]);
  EXPECT_EQ(found.state_digest, job.state_digest);
  EXPECT_EQ(found.start_checkpoint, job.start_checkpoint);
  EXPECT_EQ(found.forked_from, job.forked_from);
  EXPECT_EQ(found.create_time, job.create_time);
  EXPECT_EQ(found.start_time, job.start_time);
  EXPECT_EQ(found.end_time, job.end_time);
}

TEST(JobRecordTest, HowEarlierAttemptsEndedSurvivesEncoding) {
  const Result<Job> decoded = DecodeJob(EncodeJob(MakeFullJob()));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded.value().attempt.start_time, 1050.5);
  ASSERT_EQ(decoded.value().earlier_attempts.size(), 1u);
  const AttemptRecord& earlier = decoded.value().earlier_attempts.front();
  EXPECT_EQ(earlier.attempt, 1);
  EXPECT_EQ(earlier.end_time, 1049.5);
  EXPECT_EQ(earlier.end_step, 44);
  EXPECT_EQ(earlier.end_reason, "WorkerLost");
  EXPECT_EQ(earlier.end_message, "rank 0 ended with signal 9");
  EXPECT_EQ(earlier.failure->phase, "reduce");
  EXPECT_EQ(earlier.failure->signal, 9);
}

TEST(JobRecordTest, TheGradientNoiseSurvivesEncoding) {
  const Result<Job> decoded = DecodeJob(EncodeJob(MakeFullJob()));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded.value().gradient_noise, MakeFullJob().gradient_noise);
}

TEST(JobRecordTest, TheEvaluationOfACheckpointSurvivesEncoding) {
  const Result<Job> decoded = DecodeJob(EncodeJob(MakeFullJob()));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded.value().validation->step, 40);
  EXPECT_EQ(decoded.value().validation->values, MakeFullJob().validation->values);
  EXPECT_TRUE(decoded.value().checkpoints[0].validation.empty());
  EXPECT_EQ(decoded.value().checkpoints[1].validation, MakeFullJob().checkpoints[1].validation);
  EXPECT_FALSE(decoded.value().checkpoints[0].is_pinned);
  EXPECT_TRUE(decoded.value().checkpoints[1].is_pinned);
  EXPECT_EQ(decoded.value().attempt.save_requests, 3);
  EXPECT_EQ(decoded.value().attempt.save_requests_done, 2);
  EXPECT_EQ(decoded.value().attempt.save_requests_failed, 1);
}

TEST(JobRecordTest, AnAbsentFailureStaysAbsent) {
  const Result<Job> decoded = DecodeJob(EncodeJob(MakeJob("a", 1)));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_FALSE(decoded.value().failure.has_value());
  EXPECT_FALSE(decoded.value().state_digest.has_value());
}

TEST(JobRecordTest, BytesThatAreNoJobAreReportedAsDataLoss) {
  EXPECT_EQ(DecodeJob("\xff\xff\xff").status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace descent
