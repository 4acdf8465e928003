#include "coordinator/job_record.h"

#include "descent/store/v1/job_record.pb.h"
#include "proto/evaluation_wire.h"
#include "proto/wire.h"

namespace descent {
namespace {

namespace record = ::descent::store::v1;

record::FailureRecord Encode(const FailureRecord& failure) {
  record::FailureRecord encoded;
  encoded.set_reason(failure.reason);
  encoded.set_message(failure.message);
  encoded.set_rank(failure.rank);
  encoded.set_host(failure.host);
  encoded.set_step(failure.step);
  encoded.set_phase(failure.phase);
  encoded.set_exit_code(failure.exit_code);
  encoded.set_signal(failure.signal);
  for (const FailureRecord& secondary : failure.secondary)
    *encoded.add_secondary_failures() = Encode(secondary);
  return encoded;
}

FailureRecord Decode(const record::FailureRecord& encoded) {
  FailureRecord failure;
  failure.reason = encoded.reason();
  failure.message = encoded.message();
  failure.rank = encoded.rank();
  failure.host = encoded.host();
  failure.step = encoded.step();
  failure.phase = encoded.phase();
  failure.exit_code = encoded.exit_code();
  failure.signal = encoded.signal();
  for (const record::FailureRecord& secondary : encoded.secondary_failures())
    failure.secondary.push_back(Decode(secondary));
  return failure;
}

record::AttemptRecord Encode(const AttemptRecord& attempt) {
  record::AttemptRecord encoded;
  encoded.set_attempt(attempt.attempt);
  encoded.set_generation(attempt.generation);
  encoded.set_start_step(attempt.start_step);
  encoded.mutable_workers()->Add(attempt.workers.begin(), attempt.workers.end());
  encoded.set_start_time(attempt.start_time);
  encoded.set_pool(attempt.pool);
  encoded.mutable_world_ranks()->Add(attempt.world_ranks.begin(), attempt.world_ranks.end());
  encoded.set_starts_from_own_checkpoint(attempt.starts_from_own_checkpoint);
  encoded.set_save_requests(attempt.save_requests);
  encoded.set_save_requests_done(attempt.save_requests_done);
  encoded.set_save_requests_failed(attempt.save_requests_failed);
  encoded.set_begin_time(attempt.begin_time);
  encoded.set_end_time(attempt.end_time);
  encoded.set_end_step(attempt.end_step);
  encoded.set_end_reason(attempt.end_reason);
  encoded.set_end_message(attempt.end_message);
  if (attempt.failure) *encoded.mutable_failure() = Encode(*attempt.failure);
  return encoded;
}

AttemptRecord Decode(const record::AttemptRecord& encoded) {
  AttemptRecord attempt;
  attempt.attempt = encoded.attempt();
  attempt.generation = encoded.generation();
  attempt.start_step = encoded.start_step();
  attempt.workers.assign(encoded.workers().begin(), encoded.workers().end());
  attempt.start_time = encoded.start_time();
  attempt.pool = encoded.pool();
  attempt.world_ranks.assign(encoded.world_ranks().begin(), encoded.world_ranks().end());
  attempt.starts_from_own_checkpoint = encoded.starts_from_own_checkpoint();
  attempt.save_requests = encoded.save_requests();
  attempt.save_requests_done = encoded.save_requests_done();
  attempt.save_requests_failed = encoded.save_requests_failed();
  attempt.begin_time = encoded.begin_time();
  attempt.end_time = encoded.end_time();
  attempt.end_step = encoded.end_step();
  attempt.end_reason = encoded.end_reason();
  attempt.end_message = encoded.end_message();
  if (encoded.has_failure()) attempt.failure = Decode(encoded.failure());
  return attempt;
}

// Of a job's newest evaluation or of a checkpoint. Older stores know the loss alone.
template <typename Record>
Result<EvaluationValues> DecodeValidation(const Record& encoded) {
  DESCENT_ASSIGN(EvaluationValues values, ValuesFromProto(encoded.validation()));
  if (encoded.has_validation_loss())
    values.emplace(EvaluationMetric::kLoss, encoded.validation_loss());
  return values;
}

record::CheckpointRecord Encode(const CheckpointRecord& checkpoint) {
  record::CheckpointRecord encoded;
  encoded.set_step(checkpoint.step);
  encoded.set_epoch(checkpoint.epoch);
  encoded.set_directory(checkpoint.directory);
  encoded.set_state_digest(checkpoint.state_digest.ToHex());
  encoded.set_bytes(checkpoint.bytes);
  encoded.set_create_time(checkpoint.create_time);
  encoded.set_pinned(checkpoint.is_pinned);
  SetValues(checkpoint.validation, *encoded.mutable_validation());
  return encoded;
}

Result<CheckpointRecord> Decode(const record::CheckpointRecord& encoded) {
  CheckpointRecord checkpoint;
  checkpoint.step = encoded.step();
  checkpoint.epoch = encoded.epoch();
  checkpoint.directory = encoded.directory();
  DESCENT_ASSIGN(checkpoint.state_digest, DigestFromHex(encoded.state_digest()));
  checkpoint.bytes = encoded.bytes();
  checkpoint.create_time = encoded.create_time();
  checkpoint.is_pinned = encoded.pinned();
  DESCENT_ASSIGN(checkpoint.validation, DecodeValidation(encoded));
  return checkpoint;
}

record::JobRecord Encode(const Job& job) {
  record::JobRecord encoded;
  encoded.set_id(job.id);
  *encoded.mutable_spec() = ToProto(job.spec);
  encoded.set_state(std::string(JobStateName(job.state)));
  encoded.set_state_reason(job.state_reason);
  encoded.set_state_message(job.state_message);
  encoded.set_request_id(job.request_id);
  encoded.set_sequence(job.sequence);
  encoded.set_priority(job.priority);
  encoded.set_preemptible(job.is_preemptible);
  encoded.mutable_labels()->insert(job.labels.begin(), job.labels.end());
  encoded.set_deadline_seconds(job.deadline_seconds);
  if (job.retention.days) encoded.set_retention_days(*job.retention.days);
  encoded.set_retention_deletes_checkpoints(job.retention.deletes_checkpoints);
  encoded.set_active_seconds(job.active_seconds);
  encoded.set_active_until(job.active_until);
  *encoded.mutable_attempt() = Encode(job.attempt);
  for (const AttemptRecord& attempt : job.earlier_attempts)
    *encoded.add_earlier_attempts() = Encode(attempt);
  encoded.set_attempts_without_progress(job.attempts_without_progress);
  if (job.failure) *encoded.mutable_failure() = Encode(*job.failure);
  encoded.set_train_samples(job.train_samples);
  encoded.set_parameter_count(job.parameter_count);
  encoded.set_instruction_set(job.instruction_set);
  encoded.set_dataset_fingerprint(job.dataset_fingerprint.ToHex());
  encoded.set_step(job.step);
  encoded.set_epoch(job.epoch);
  encoded.set_samples_per_second(job.samples_per_second);
  encoded.set_steps_per_second(job.steps_per_second);
  encoded.mutable_latest_metrics()->insert(job.latest_metrics.begin(), job.latest_metrics.end());
  if (job.validation) {
    encoded.set_validation_step(job.validation->step);
    SetValues(job.validation->values, *encoded.mutable_validation());
  }
  if (job.gradient_noise.steps > 0) {
    encoded.mutable_gradient_noise()->set_signal(job.gradient_noise.mean.signal);
    encoded.mutable_gradient_noise()->set_noise(job.gradient_noise.mean.noise);
    encoded.mutable_gradient_noise()->set_steps(job.gradient_noise.steps);
  }
  if (job.nonfinite_steps.count > 0) {
    encoded.mutable_nonfinite_steps()->set_count(job.nonfinite_steps.count);
    encoded.mutable_nonfinite_steps()->set_last_step(job.nonfinite_steps.last_step);
    encoded.mutable_nonfinite_steps()->set_last_message(job.nonfinite_steps.last_message);
  }
  if (job.skipped_saves.count > 0) {
    encoded.mutable_skipped_saves()->set_count(job.skipped_saves.count);
    encoded.mutable_skipped_saves()->set_last_step(job.skipped_saves.last_step);
    encoded.mutable_skipped_saves()->set_last_message(job.skipped_saves.last_message);
    encoded.mutable_skipped_saves()->set_first_time(job.skipped_saves.first_time);
  }
  encoded.set_checkpoint_healthy_time(job.checkpoint_healthy_time);
  for (const CheckpointRecord& checkpoint : job.checkpoints)
    *encoded.add_checkpoints() = Encode(checkpoint);
  for (const VerifiedStep& verified : job.verified_steps) {
    record::VerifiedStepRecord& added = *encoded.add_verified_steps();
    added.set_step(verified.step);
    added.set_parameters_digest(verified.parameters_digest.ToHex());
  }
  if (job.state_digest) encoded.set_state_digest(job.state_digest->ToHex());
  encoded.set_start_checkpoint(job.start_checkpoint);
  encoded.set_owner(job.owner);
  encoded.set_revision(job.revision);
  encoded.set_median_step_seconds(job.median_step_seconds);
  encoded.set_last_step_seconds(job.last_step_seconds);
  encoded.set_last_step_time(job.last_step_time);
  encoded.set_coordinator_version(job.coordinator_version);
  encoded.set_worker_version(job.worker_version);
  encoded.set_forked_from(job.forked_from);
  encoded.set_create_time(job.create_time);
  encoded.set_start_time(job.start_time);
  encoded.set_end_time(job.end_time);
  return encoded;
}

// What is a plain copy, field by field.
void DecodePlainFields(const record::JobRecord& encoded, Job& job) {
  job.id = encoded.id();
  job.state_reason = encoded.state_reason();
  job.state_message = encoded.state_message();
  job.request_id = encoded.request_id();
  job.sequence = encoded.sequence();
  if (encoded.has_priority()) job.priority = encoded.priority();
  job.is_preemptible = encoded.preemptible();
  job.labels = {encoded.labels().begin(), encoded.labels().end()};
  job.deadline_seconds = encoded.deadline_seconds();
  if (encoded.has_retention_days()) job.retention.days = encoded.retention_days();
  job.retention.deletes_checkpoints = encoded.retention_deletes_checkpoints();
  job.active_seconds = encoded.active_seconds();
  job.active_until = encoded.active_until();
  job.attempt = Decode(encoded.attempt());
  for (const record::AttemptRecord& attempt : encoded.earlier_attempts())
    job.earlier_attempts.push_back(Decode(attempt));
  job.attempts_without_progress = encoded.attempts_without_progress();
  if (encoded.has_failure()) job.failure = Decode(encoded.failure());
  job.train_samples = encoded.train_samples();
  job.parameter_count = encoded.parameter_count();
  job.instruction_set = encoded.instruction_set();
  job.step = encoded.step();
  job.epoch = encoded.epoch();
  job.samples_per_second = encoded.samples_per_second();
  job.steps_per_second = encoded.steps_per_second();
  job.latest_metrics = {encoded.latest_metrics().begin(), encoded.latest_metrics().end()};
  const record::SmoothedNoiseRecord& noise = encoded.gradient_noise();
  job.gradient_noise = {.mean = {.signal = noise.signal(), .noise = noise.noise()},
                        .steps = noise.steps()};
  job.nonfinite_steps = {.count = encoded.nonfinite_steps().count(),
                         .last_step = encoded.nonfinite_steps().last_step(),
                         .last_message = encoded.nonfinite_steps().last_message()};
  job.skipped_saves = {.count = encoded.skipped_saves().count(),
                       .last_step = encoded.skipped_saves().last_step(),
                       .last_message = encoded.skipped_saves().last_message(),
                       .first_time = encoded.skipped_saves().first_time()};
  job.checkpoint_healthy_time = encoded.checkpoint_healthy_time();
  job.start_checkpoint = encoded.start_checkpoint();
  job.owner = encoded.owner();
  job.revision = encoded.revision();
  job.median_step_seconds = encoded.median_step_seconds();
  job.last_step_seconds = encoded.last_step_seconds();
  job.last_step_time = encoded.last_step_time();
  job.coordinator_version = encoded.coordinator_version();
  job.worker_version = encoded.worker_version();
  job.forked_from = encoded.forked_from();
  job.create_time = encoded.create_time();
  job.start_time = encoded.start_time();
  job.end_time = encoded.end_time();
}

Result<Job> Decode(const record::JobRecord& encoded) {
  Job job;
  DecodePlainFields(encoded, job);
  DESCENT_ASSIGN(job.spec, FromProto(encoded.spec()));
  const std::optional<JobState> state = JobStateFromName(encoded.state());
  if (!state) return Status(Code::kDataLoss, "unknown state \"" + encoded.state() + "\"");
  job.state = *state;
  DESCENT_ASSIGN(EvaluationValues validation, DecodeValidation(encoded));
  if (!validation.empty())
    job.validation = {.step = encoded.validation_step(), .values = std::move(validation)};
  DESCENT_ASSIGN(job.dataset_fingerprint, DigestFromHex(encoded.dataset_fingerprint()));
  for (const record::CheckpointRecord& checkpoint : encoded.checkpoints()) {
    DESCENT_ASSIGN(CheckpointRecord decoded, Decode(checkpoint));
    job.checkpoints.push_back(std::move(decoded));
  }
  for (const record::VerifiedStepRecord& verified : encoded.verified_steps()) {
    DESCENT_ASSIGN(const Digest digest, DigestFromHex(verified.parameters_digest()));
    job.verified_steps.push_back({.step = verified.step(), .parameters_digest = digest});
  }
  if (!encoded.state_digest().empty()) {
    DESCENT_ASSIGN(job.state_digest, DigestFromHex(encoded.state_digest()));
  }
  return job;
}

}  // namespace

std::string EncodeJob(const Job& job) { return Encode(job).SerializeAsString(); }

Result<Job> DecodeJob(std::string_view bytes) {
  record::JobRecord encoded;
  if (!encoded.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return Status(Code::kDataLoss, "the stored job is not a JobRecord");
  Result<Job> job = Decode(encoded);
  if (!job.ok())
    return Status(Code::kDataLoss, "stored job " + encoded.id() + ": " + job.status().message());
  return job;
}

}  // namespace descent
