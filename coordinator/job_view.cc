#include "coordinator/job_view.h"

#include <chrono>
#include <map>
#include <tuple>

#include "common/clock.h"
#include "common/limits.h"
#include "coordinator/batch_advice.h"
#include "coordinator/job_conditions.h"
#include "coordinator/job_facts.h"
#include "coordinator/list_page.h"
#include "coordinator/progress.h"
#include "coordinator/rank_times.h"
#include "coordinator/resource_name.h"
#include "coordinator/retention.h"
#include "coordinator/sha256.h"
#include "proto/evaluation_wire.h"
#include "proto/wire.h"

namespace descent {

v1::JobState ToProto(JobState state) {
  v1::JobState encoded = v1::JOB_STATE_UNSPECIFIED;
  const std::string name = "JOB_STATE_" + std::string(JobStateName(state));
  DESCENT_CHECK(v1::JobState_Parse(name, &encoded));
  return encoded;
}

namespace {

v1::Progress MakeProgress(const Job& job) {
  v1::Progress progress;
  progress.set_step(job.step);
  progress.set_epoch(job.epoch);
  progress.set_samples_per_second(job.samples_per_second);
  progress.set_steps_per_second(job.steps_per_second);
  progress.set_median_step_time(job.median_step_seconds);
  progress.set_last_step_time(job.last_step_seconds);
  if (const auto tokens = TokensPerSample(job.spec.model))
    progress.set_tokens_per_second(job.samples_per_second * static_cast<double>(*tokens));
  if (job.train_samples == 0) return progress;  // the rest depends on the size of the data
  const BatchArithmetic arithmetic = ComputeBatchArithmetic(job.spec, job.train_samples);
  progress.set_last_step(arithmetic.last_step);
  progress.set_total_steps(arithmetic.total_steps);
  if (arithmetic.last_step > 0)
    progress.set_fraction(static_cast<double>(job.step) / arithmetic.last_step);
  if (const auto seconds = RemainingSeconds(job))
    progress.set_estimated_remaining_seconds(*seconds);
  return progress;
}

v1::Failure ToProto(const FailureRecord& failure) {
  v1::Failure encoded;
  encoded.set_reason(failure.reason);
  encoded.set_message(failure.message);
  encoded.set_rank(failure.rank);
  encoded.set_host(failure.host);
  encoded.set_step(failure.step);
  encoded.set_phase(failure.phase);
  encoded.set_exit_code(failure.exit_code);
  encoded.set_signal(failure.signal);
  for (const FailureRecord& secondary : failure.secondary)
    *encoded.add_secondary_failures() = ToProto(secondary);
  return encoded;
}

v1::Attempt ToProto(const Job& job, const AttemptRecord& attempt) {
  v1::Attempt encoded;
  encoded.set_start_checkpoint(attempt.starts_from_own_checkpoint
                                   ? CheckpointNameOf(job.id, attempt.start_step)
                                   : job.forked_from);
  encoded.set_attempt(attempt.attempt);
  encoded.set_generation(attempt.generation);
  encoded.set_world_size(static_cast<int>(attempt.workers.size()));
  encoded.set_start_step(attempt.start_step);
  encoded.mutable_workers()->Add(attempt.workers.begin(), attempt.workers.end());
  encoded.set_start_time(attempt.start_time);
  encoded.set_end_time(attempt.end_time);
  encoded.set_end_step(attempt.end_step);
  encoded.set_end_reason(attempt.end_reason);
  encoded.set_end_message(attempt.end_message);
  encoded.set_save_requests(attempt.save_requests);
  encoded.set_save_requests_done(attempt.save_requests_done);
  encoded.set_save_requests_failed(attempt.save_requests_failed);
  if (attempt.failure) *encoded.mutable_failure() = ToProto(*attempt.failure);
  return encoded;
}

v1::WorkerState ToProto(WorkerState state) {
  v1::WorkerState encoded = v1::WORKER_STATE_UNSPECIFIED;
  const std::string name = "WORKER_STATE_" + std::string(WorkerStateName(state));
  DESCENT_CHECK(v1::WorkerState_Parse(name, &encoded));
  return encoded;
}

v1::MetricPoint ToProto(const MetricCurve::Point& point) {
  v1::MetricPoint encoded;
  encoded.set_step(point.step);
  encoded.set_value(point.value);
  encoded.set_time(point.time);
  if (!point.spread) return encoded;
  encoded.set_count(point.spread->count);
  if (point.spread->count == 0) return encoded;
  encoded.set_min(point.spread->min);
  encoded.set_max(point.spread->max);
  return encoded;
}

v1::QueueStatus ToProto(const QueuePosition& queued) {
  v1::QueueStatus encoded;
  encoded.set_position(queued.position);
  encoded.set_reason(queued.reason.reason);
  encoded.set_message(queued.reason.message);
  for (const std::string& blocking : queued.reason.blocking_jobs)
    encoded.add_blocking_jobs(JobName(blocking));
  if (queued.estimated_start_time) encoded.set_estimated_start_time(*queued.estimated_start_time);
  return encoded;
}

v1::Provenance ProvenanceOf(const Job& job) {
  v1::Provenance provenance;
  provenance.set_coordinator_version(job.coordinator_version);
  provenance.set_worker_version(job.worker_version);
  provenance.set_instruction_set(job.instruction_set);
  if (job.dataset_fingerprint != Digest())
    provenance.set_dataset_fingerprint(job.dataset_fingerprint.ToHex());
  return provenance;
}

v1::ConditionStatus ToProto(ConditionStatus status) {
  switch (status) {
    case ConditionStatus::kTrue:
      return v1::CONDITION_STATUS_TRUE;
    case ConditionStatus::kFalse:
      return v1::CONDITION_STATUS_FALSE;
    case ConditionStatus::kUnknown:
      return v1::CONDITION_STATUS_UNKNOWN;
  }
  return v1::CONDITION_STATUS_UNSPECIFIED;
}

// Whether steps come is a matter of when it is asked.
void FillConditions(const Job& job, const std::optional<QueuePosition>& queue_position,
                    v1::Job& encoded) {
  const std::chrono::duration<double> wall = WallNow().time_since_epoch();
  for (const Condition& condition : ConditionsOf(job, queue_position, wall.count())) {
    v1::Condition& added = *encoded.add_conditions();
    added.set_type(std::string(condition.type));
    added.set_status(ToProto(condition.status));
    added.set_reason(condition.reason);
    added.set_message(condition.message);
    added.set_last_transition_time(condition.last_transition_time);
  }
}

void FillTimes(const Job& job, v1::Job& encoded) {
  encoded.set_create_time(job.create_time);
  encoded.set_start_time(job.start_time);
  encoded.set_end_time(job.end_time);
}

v1::JobEvent ToProto(const StoredEvent& event) {
  v1::JobEvent encoded;
  encoded.set_sequence(event.sequence);
  encoded.set_time(event.time);
  encoded.set_type(event.type);
  encoded.set_from_state(event.from_state);
  encoded.set_to_state(event.to_state);
  encoded.set_reason(event.reason);
  encoded.set_message(event.message);
  encoded.set_actor(event.actor);
  encoded.set_request_id(event.request_id);
  encoded.mutable_payload()->insert(event.payload.begin(), event.payload.end());
  return encoded;
}

}  // namespace

v1::Job ToProto(const Job& job, const std::optional<QueuePosition>& queue_position) {
  v1::Job encoded;
  encoded.set_name(JobName(job.id));
  *encoded.mutable_spec() = ToProto(job.spec);
  encoded.set_state(ToProto(job.state));
  encoded.set_state_reason(job.state_reason);
  encoded.set_state_message(job.state_message);
  if (queue_position) *encoded.mutable_queue_status() = ToProto(*queue_position);
  *encoded.mutable_progress() = MakeProgress(job);
  if (job.attempt.attempt > 0) *encoded.mutable_current_attempt() = ToProto(job, job.attempt);
  encoded.set_attempt_count(job.attempt.attempt);
  if (job.failure) *encoded.mutable_failure() = ToProto(*job.failure);
  if (!job.checkpoints.empty())
    *encoded.mutable_latest_checkpoint() = ToProto(job, job.checkpoints.back());
  if (const CheckpointRecord* best = FindBestCheckpoint(job))
    *encoded.mutable_best_checkpoint() = ToProto(job, *best);
  encoded.mutable_latest_metrics()->insert(job.latest_metrics.begin(), job.latest_metrics.end());
  encoded.set_batch_advice(BatchAdvice(job));
  if (job.nonfinite_steps.count > 0) {
    encoded.mutable_nonfinite_steps()->set_count(job.nonfinite_steps.count);
    encoded.mutable_nonfinite_steps()->set_last_step(job.nonfinite_steps.last_step);
    encoded.mutable_nonfinite_steps()->set_last_message(job.nonfinite_steps.last_message);
  }
  for (const VerifiedStep& verified : job.verified_steps) {
    v1::VerifiedStep& added = *encoded.add_verified_steps();
    added.set_step(verified.step);
    added.set_parameters_digest(verified.parameters_digest.ToHex());
  }
  if (job.state_digest) encoded.set_state_digest(job.state_digest->ToHex());
  encoded.set_owner(job.owner);
  encoded.set_uid(UidOf(job));
  encoded.set_spec_sha256(Sha256Hex(encoded.spec().SerializeAsString()));
  if (job.attempt.attempt > 0) *encoded.mutable_provenance() = ProvenanceOf(job);
  encoded.set_etag(EtagOf(job));
  encoded.set_forked_from(job.forked_from);
  encoded.set_request_id(job.request_id);
  encoded.set_priority(job.priority);
  encoded.set_preemptible(job.is_preemptible);
  encoded.mutable_labels()->insert(job.labels.begin(), job.labels.end());
  encoded.set_deadline(job.deadline_seconds);
  encoded.set_active_seconds(job.active_seconds);
  if (job.retention.days) encoded.set_retention_days(*job.retention.days);
  encoded.set_parameter_count(job.parameter_count);
  encoded.set_train_samples(job.train_samples);
  encoded.set_instruction_set(job.instruction_set);
  FillTimes(job, encoded);
  FillConditions(job, queue_position, encoded);
  return encoded;
}

std::optional<QueuePosition> FindQueuePosition(const ClusterSnapshot& snapshot,
                                               const std::string& job_id) {
  const auto queued = snapshot.queue.find(job_id);
  return queued == snapshot.queue.end() ? std::nullopt : std::optional(queued->second);
}

std::variant<v1::ListJobAttemptsResponse, RequestError> ListAttemptsPage(
    const v1::ListJobAttemptsRequest& request, const Job& job) {
  std::vector<AttemptRecord> attempts = job.earlier_attempts;
  if (job.attempt.attempt > 0) attempts.push_back(job.attempt);
  v1::ListJobAttemptsResponse response;
  auto error = FillPage(
      "attempts", request, attempts,
      [](const AttemptRecord& attempt) { return PageKey(attempt.attempt); },
      [&job](const AttemptRecord& attempt) { return ToProto(job, attempt); }, response,
      [](v1::ListJobAttemptsResponse& page) { return page.mutable_attempts(); });
  if (error) return *std::move(error);
  return response;
}

v1::Checkpoint ToProto(const Job& job, const CheckpointRecord& checkpoint) {
  v1::Checkpoint encoded;
  encoded.set_name(CheckpointNameOf(job.id, checkpoint.step));
  encoded.set_step(checkpoint.step);
  encoded.set_epoch(checkpoint.epoch);
  encoded.set_directory(checkpoint.directory);
  encoded.set_state_digest(checkpoint.state_digest.ToHex());
  encoded.set_bytes(checkpoint.bytes);
  encoded.set_create_time(checkpoint.create_time);
  if (const auto loss = ValueOf(checkpoint.validation, EvaluationMetric::kLoss))
    encoded.set_validation_loss(*loss);
  SetValues(checkpoint.validation, *encoded.mutable_validation());
  encoded.set_pinned(checkpoint.is_pinned);
  for (const std::string_view reason : ReasonsToKeep(job, checkpoint))
    encoded.add_kept_because(std::string(reason));
  if (checkpoint.step == job.checkpoints.back().step) encoded.add_aliases("latest");
  const CheckpointRecord* const best = FindBestCheckpoint(job);
  if (best != nullptr && best->step == checkpoint.step) encoded.add_aliases("best");
  return encoded;
}

v1::Worker ToProto(const WorkerView& worker, const PoolView& pool, MonotonicTime now) {
  v1::Worker encoded;
  encoded.set_name(WorkerNameOf(pool.name, worker.world_rank));
  encoded.set_state(ToProto(StateOf(worker, pool)));
  encoded.set_host(worker.host);
  encoded.set_world_rank(worker.world_rank);
  encoded.set_pid(worker.pid);
  encoded.set_job(worker.job_id.empty() ? "" : JobName(worker.job_id));
  encoded.set_instruction_set(worker.instruction_set);
  encoded.set_last_heartbeat_age_seconds(SecondsBetween(worker.last_heard, now));
  encoded.set_phase(worker.phase);
  encoded.set_step(worker.step);
  if (const auto seconds = OwnStepSeconds(worker.times)) encoded.set_own_step_seconds(*seconds);
  encoded.set_slot(SlotName(worker));
  encoded.set_device(std::string(kDevice));
  if (worker.cpu_utilization) encoded.set_cpu_utilization(*worker.cpu_utilization);
  encoded.set_cpu_seconds(worker.resources.cpu_seconds);
  encoded.set_resident_bytes(worker.resources.resident_bytes);
  encoded.set_host_cpus(worker.resources.host_cpus);
  encoded.set_host_memory_bytes(worker.resources.host_memory_bytes);
  return encoded;
}

v1::Pool ToProto(const PoolView& pool, MonotonicTime now) {
  v1::Pool encoded;
  encoded.set_name(pool.name);
  encoded.set_world_size(pool.world_size);
  encoded.set_free(pool.free);
  encoded.set_ready(pool.is_ready);
  if (!pool.only_job.empty()) encoded.set_only_job(JobName(pool.only_job));
  for (const WorkerView& worker : pool.workers) *encoded.add_workers() = ToProto(worker, pool, now);
  return encoded;
}

std::variant<v1::ListWorkersResponse, RequestError> ListWorkersPage(
    const v1::ListWorkersRequest& request, const std::vector<PoolView>& pools, MonotonicTime now) {
  const auto page_size = PageSizeOf(request.page_size());
  if (const auto* error = std::get_if<RequestError>(&page_size)) return *error;
  WorkerName last{.pool = "", .world_rank = -1};  // before all others
  if (!request.page_token().empty()) {
    Result<WorkerName> named = ParseWorkerName(request.page_token());
    if (!named.ok()) return UnknownPageToken(request.page_token());
    last = std::move(named).value();
  }
  v1::ListWorkersResponse response;
  for (const PoolView& pool : pools)
    for (const WorkerView& worker : pool.workers) {
      if (std::tie(pool.name, worker.world_rank) <= std::tie(last.pool, last.world_rank)) continue;
      if (response.workers_size() == std::get<int>(page_size)) {
        response.set_next_page_token(response.workers().rbegin()->name());
        return response;
      }
      *response.add_workers() = ToProto(worker, pool, now);
    }
  return response;
}

std::variant<v1::ListPoolsResponse, RequestError> ListPoolsPage(const v1::ListPoolsRequest& request,
                                                                const std::vector<PoolView>& pools,
                                                                MonotonicTime now) {
  v1::ListPoolsResponse response;
  auto error = FillPage(
      "pools", request, pools, [](const PoolView& pool) { return pool.name; },
      [now](const PoolView& pool) { return ToProto(pool, now); }, response,
      [](v1::ListPoolsResponse& page) { return page.mutable_pools(); });
  if (error) return *std::move(error);
  return response;
}

v1::MetricSummary ToProto(const MetricSummary& summary) {
  v1::MetricSummary encoded;
  encoded.set_name(summary.name);
  encoded.set_points(summary.points);
  *encoded.mutable_first() = ToProto(summary.first);
  *encoded.mutable_last() = ToProto(summary.last);
  if (summary.min) *encoded.mutable_min() = ToProto(*summary.min);
  if (summary.max) *encoded.mutable_max() = ToProto(*summary.max);
  return encoded;
}

v1::QueryMetricsResponse ToProto(const std::vector<MetricCurve>& curves) {
  v1::QueryMetricsResponse encoded;
  for (const MetricCurve& curve : curves) {
    v1::MetricSeries* series = encoded.add_series();
    series->set_name(curve.name);
    series->set_downsampled(curve.bucket_steps > 1);
    series->set_bucket_steps(curve.bucket_steps);
    for (const MetricCurve::Point& point : curve.points) *series->add_points() = ToProto(point);
  }
  return encoded;
}

std::variant<v1::ListJobEventsResponse, RequestError> ListEventsPage(
    const v1::ListJobEventsRequest& request, const ReadJobEvents& events) {
  const auto size = PageSizeOf(request.page_size());
  if (const auto* error = std::get_if<RequestError>(&size)) return *error;
  const int page_size = std::get<int>(size);
  const std::optional<std::int64_t> after = ParseSequenceToken(request.page_token());
  if (!after) return UnknownPageToken(request.page_token());
  std::int64_t last = *after;
  const Result<std::vector<StoredEvent>> found = events(last, page_size + 1);
  if (!found.ok()) return ToRequestError(found.status());
  v1::ListJobEventsResponse response;
  std::size_t bytes = 0;
  for (const StoredEvent& event : found.value()) {
    v1::JobEvent encoded = ToProto(event);
    bytes += encoded.ByteSizeLong();
    const bool is_full = response.events_size() == page_size ||
                         (response.events_size() > 0 && bytes > kPageBytesMax);
    response.set_has_more(is_full);
    if (is_full) break;
    *response.add_events() = std::move(encoded);
    last = event.sequence;
  }
  if (last > 0) response.set_next_page_token(std::to_string(last));
  return response;
}

}  // namespace descent
