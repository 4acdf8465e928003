#include "client/api/convert.h"

#include <google/protobuf/util/json_util.h>

#include "google/rpc/status.pb.h"
#include "proto/log_wire.h"
#include "proto/wire.h"
#include "rpc/connect_failure.h"

namespace descent {

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "null";
}

namespace {

std::string WithoutPrefix(const std::string& text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

// Lines that a newer coordinator made and this program cannot read are left out.
std::vector<LogLine> LogTailOf(const v1::Failure& failure) {
  std::vector<LogLine> lines;
  for (const v1::LogLine& encoded : failure.log_tail()) {
    Result<LogLine> line = FromProto(encoded);
    if (line.ok()) lines.push_back(std::move(line).value());
  }
  return lines;
}

FailureView ToView(const v1::Failure& failure) {
  FailureView view{.reason = failure.reason(),
                   .message = failure.message(),
                   .rank = failure.rank(),
                   .host = failure.host(),
                   .step = failure.step(),
                   .phase = failure.phase(),
                   .exit_code = failure.exit_code(),
                   .signal = failure.signal(),
                   .log_tail = LogTailOf(failure)};
  for (const v1::Failure& secondary : failure.secondary_failures())
    view.secondary.push_back(ToView(secondary));
  return view;
}

ConditionView ToView(const v1::Condition& condition) {
  return {
      .type = condition.type(),
      .status = WithoutPrefix(v1::ConditionStatus_Name(condition.status()), "CONDITION_STATUS_"),
      .reason = condition.reason(),
      .message = condition.message(),
      .last_transition_time = condition.last_transition_time()};
}

ProgressView ToView(const v1::Progress& progress) {
  return {.step = progress.step(),
          .last_step = progress.last_step(),
          .epoch = progress.epoch(),
          .fraction = progress.fraction(),
          .remaining_seconds = progress.estimated_remaining_seconds(),
          .samples_per_second = progress.samples_per_second(),
          .steps_per_second = progress.steps_per_second(),
          .tokens_per_second = progress.tokens_per_second(),
          .median_step_seconds = progress.median_step_time(),
          .last_step_seconds = progress.last_step_time()};
}

// A spec that a newer coordinator made and this program cannot read in full is shown as far as its
// name; the JSON has all of it.
JobSpec SpecOf(const v1::Job& job) {
  Result<JobSpec> spec = FromProto(job.spec());
  if (spec.ok()) return std::move(spec).value();
  JobSpec unreadable;
  unreadable.name = job.spec().name();
  return unreadable;
}

}  // namespace

AttemptView ToView(const v1::Attempt& attempt) {
  AttemptView view{.attempt = attempt.attempt(),
                   .start_step = attempt.start_step(),
                   .start_checkpoint = attempt.start_checkpoint(),
                   .workers = {attempt.workers().begin(), attempt.workers().end()},
                   .start_time = attempt.start_time(),
                   .end_time = attempt.end_time(),
                   .end_step = attempt.end_step(),
                   .end_reason = attempt.end_reason(),
                   .end_message = attempt.end_message(),
                   .failure = std::nullopt,
                   .json = ToJson(attempt)};
  if (attempt.has_failure()) view.failure = ToView(attempt.failure());
  return view;
}

JobEventView ToView(const v1::JobEvent& event) {
  return {.sequence = event.sequence(),
          .time = event.time(),
          .type = event.type(),
          .from_state = event.from_state(),
          .to_state = event.to_state(),
          .reason = event.reason(),
          .message = event.message(),
          .actor = event.actor(),
          .json = ToJson(event)};
}

CheckpointView ToView(const v1::Checkpoint& checkpoint, JsonText json) {
  return {.name = checkpoint.name(),
          .step = checkpoint.step(),
          .epoch = checkpoint.epoch(),
          .directory = checkpoint.directory(),
          .state_digest = checkpoint.state_digest(),
          .bytes = checkpoint.bytes(),
          .create_time = checkpoint.create_time(),
          .validation = {checkpoint.validation().begin(), checkpoint.validation().end()},
          .aliases = {checkpoint.aliases().begin(), checkpoint.aliases().end()},
          .is_pinned = checkpoint.pinned(),
          .kept_because = {checkpoint.kept_because().begin(), checkpoint.kept_because().end()},
          .files = {checkpoint.files().begin(), checkpoint.files().end()},
          .json = json == JsonText::kMade ? ToJson(checkpoint) : ""};
}

JobView ToView(const v1::Job& job, JsonText json) {
  JobView view;
  view.id = WithoutPrefix(job.name(), "jobs/");
  view.uid = job.uid();
  view.spec = SpecOf(job);
  view.spec_sha256 = job.spec_sha256();
  view.state = WithoutPrefix(v1::JobState_Name(job.state()), "JOB_STATE_");
  view.state_reason = job.state_reason();
  view.state_message = job.state_message();
  for (const v1::Condition& condition : job.conditions())
    view.conditions.push_back(ToView(condition));
  view.priority = job.priority();
  view.is_preemptible = job.preemptible();
  view.queue_position = job.queue_status().position();
  view.queue_message = job.queue_status().message();
  for (const std::string& name : job.queue_status().blocking_jobs())
    view.blocking_jobs.push_back(WithoutPrefix(name, "jobs/"));
  view.estimated_start_time = job.queue_status().estimated_start_time();
  view.progress = ToView(job.progress());
  view.attempt = job.current_attempt().attempt();
  view.attempt_start_step = job.current_attempt().start_step();
  view.save_requests = job.current_attempt().save_requests();
  view.save_requests_done = job.current_attempt().save_requests_done();
  view.save_requests_failed = job.current_attempt().save_requests_failed();
  view.workers.assign(job.current_attempt().workers().begin(),
                      job.current_attempt().workers().end());
  if (job.has_failure()) view.failure = ToView(job.failure());
  if (job.has_latest_checkpoint()) view.latest_checkpoint = ToView(job.latest_checkpoint(), json);
  if (job.has_best_checkpoint()) view.best_checkpoint = ToView(job.best_checkpoint(), json);
  view.batch_advice = job.batch_advice();
  view.nonfinite_steps = job.nonfinite_steps().count();
  view.last_nonfinite_step = job.nonfinite_steps().last_message();
  view.latest_metrics = {job.latest_metrics().begin(), job.latest_metrics().end()};
  view.state_digest = job.state_digest();
  for (const v1::VerifiedStep& verified : job.verified_steps())
    view.verified_steps.push_back({verified.step(), verified.parameters_digest()});
  view.labels = {job.labels().begin(), job.labels().end()};
  view.owner = job.owner();
  view.deadline_seconds = job.deadline();
  view.active_seconds = job.active_seconds();
  if (job.has_retention_days()) view.retention_days = job.retention_days();
  view.forked_from = job.forked_from();
  view.request_id = job.request_id();
  view.parameter_count = job.parameter_count();
  view.train_samples = job.train_samples();
  view.instruction_set = job.instruction_set();
  view.provenance = {.coordinator_version = job.provenance().coordinator_version(),
                     .worker_version = job.provenance().worker_version(),
                     .dataset_fingerprint = job.provenance().dataset_fingerprint()};
  view.create_time = job.create_time();
  view.start_time = job.start_time();
  view.end_time = job.end_time();
  view.resume_token = job.resume_token();
  if (json == JsonText::kMade) view.json = ToJson(job);
  return view;
}

MetricCurves ToView(const v1::QueryMetricsResponse& response) {
  MetricCurves curves;
  for (const v1::MetricSeries& series : response.series())
    for (const v1::MetricPoint& point : series.points())
      curves[series.name()].push_back({point.step(), point.value()});
  return curves;
}

MetricPointView ToView(const v1::MetricPoint& point) {
  MetricPointView view{.step = point.step(), .value = point.value()};
  if (point.has_min())
    view.spread = MetricSpreadView{.min = point.min(), .max = point.max(), .count = point.count()};
  if (point.has_x()) view.x = point.x();
  return view;
}

MetricSeriesList ToSeries(const google::protobuf::RepeatedPtrField<v1::MetricSeries>& series) {
  MetricSeriesList list;
  for (const v1::MetricSeries& encoded : series) {
    MetricSeriesView& view = list.series.emplace_back();
    view.name = encoded.name();
    view.bucket_steps = encoded.downsampled() ? encoded.bucket_steps() : 1;
    view.job = WithoutPrefix(encoded.job(), "jobs/");
    for (const v1::MetricPoint& point : encoded.points()) view.points.push_back(ToView(point));
    list.json += list.json.empty() ? "[" : ",";
    list.json += ToJson(encoded);
  }
  list.json += list.json.empty() ? "[]" : "]";
  return list;
}

MetricSummaryView ToView(const v1::MetricSummary& summary) {
  MetricSummaryView view{.name = summary.name(),
                         .points = summary.points(),
                         .last = ToView(summary.last()),
                         .min = std::nullopt,
                         .max = std::nullopt};
  if (summary.has_min()) view.min = ToView(summary.min());
  if (summary.has_max()) view.max = ToView(summary.max());
  return view;
}

ComparisonView ToView(const v1::CompareJobsResponse& response) {
  ComparisonView view{.jobs = {}, .differences = {}, .json = ToJson(response)};
  for (const v1::ComparedJob& job : response.jobs()) {
    ComparedJobView& compared = view.jobs.emplace_back();
    compared.id = WithoutPrefix(job.name(), "jobs/");
    compared.state = WithoutPrefix(v1::JobState_Name(job.state()), "JOB_STATE_");
    for (const v1::MetricSummary& summary : job.metrics())
      compared.metrics.push_back(ToView(summary));
  }
  for (const v1::DifferingField& field : response.differences())
    view.differences.push_back({field.field(), {field.values().begin(), field.values().end()}});
  return view;
}

WorkerView ToView(const v1::Worker& worker) {
  const std::string place = WithoutPrefix(worker.name(), "pools/");
  return {.name = worker.name(),
          .pool = place.substr(0, place.rfind("/workers/")),
          .host = worker.host(),
          .world_rank = worker.world_rank(),
          .pid = worker.pid(),
          .state = WithoutPrefix(v1::WorkerState_Name(worker.state()), "WORKER_STATE_"),
          .job = WithoutPrefix(worker.job(), "jobs/"),
          .instruction_set = worker.instruction_set(),
          .heartbeat_age_seconds = worker.last_heartbeat_age_seconds(),
          .phase = worker.phase(),
          .step = worker.step(),
          .own_step_seconds = worker.has_own_step_seconds()
                                  ? std::optional(worker.own_step_seconds())
                                  : std::nullopt,
          .slot = worker.slot(),
          .device = worker.device(),
          .cpu_utilization =
              worker.has_cpu_utilization() ? std::optional(worker.cpu_utilization()) : std::nullopt,
          .resident_bytes = worker.resident_bytes(),
          .host_memory_bytes = worker.host_memory_bytes(),
          .json = ToJson(worker)};
}

PoolView ToView(const v1::Pool& pool) {
  PoolView view{.name = pool.name(),
                .world_size = pool.world_size(),
                .free = pool.free(),
                .is_ready = pool.ready(),
                .only_job = WithoutPrefix(pool.only_job(), "jobs/"),
                .workers = {},
                .json = ToJson(pool)};
  for (const v1::Worker& worker : pool.workers()) view.workers.push_back(ToView(worker));
  return view;
}

ClusterView ToView(const v1::ClusterStatus& status) {
  ClusterView view{.version = status.version(),
                   .http_address = status.http_address(),
                   .uptime_seconds = status.uptime_seconds(),
                   .jobs = {status.jobs().begin(), status.jobs().end()},
                   .pools = {},
                   .json = ToJson(status)};
  for (const v1::Pool& pool : status.pools()) view.pools.push_back(ToView(pool));
  return view;
}

ServerInfoView ToView(const v1::ServerInfo& info) {
  return {.version = info.version(),
          .start_time = info.start_time(),
          .state_directory = info.state_directory(),
          .checkpoint_root = info.checkpoint_root(),
          .http_address = info.http_address(),
          .requires_tokens = info.requires_tokens(),
          .json = ToJson(info)};
}

AuditEventView ToView(const v1::AuditEvent& event) {
  return {.time = event.time(),
          .actor = event.actor(),
          .type = event.type(),
          .subject = event.subject(),
          .message = event.message(),
          .json = ToJson(event)};
}

StateBackupView ToView(const v1::StateBackup& backup) {
  return {.name = backup.name(),
          .directory = backup.directory(),
          .bytes = backup.bytes(),
          .jobs = backup.jobs(),
          .json = ToJson(backup)};
}

ExitCode ExitCodeOf(int grpc_code) {
  switch (grpc_code) {
    case grpc::StatusCode::OK:
      return ExitCode::kDone;
    case grpc::StatusCode::INVALID_ARGUMENT:
      return ExitCode::kUsage;
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return ExitCode::kPermission;
    case grpc::StatusCode::NOT_FOUND:
      return ExitCode::kNotFound;
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
      return ExitCode::kConflict;
    case grpc::StatusCode::CANCELLED:  // new calls, by a server that is about to stop
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return ExitCode::kUnreachable;
    default:
      return ExitCode::kError;
  }
}

ApiError ToApiError(const grpc::Status& status, const std::string& address) {
  ApiError error{.exit_code = ExitCodeOf(status.error_code()), .message = status.error_message()};
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    if (detail.UnpackTo(&info)) {
      error.reason = info.reason();
    } else if (detail.UnpackTo(&bad_request)) {
      for (const auto& violation : bad_request.field_violations())
        error.violations.push_back({violation.field(), violation.description()});
    }
  }
  if (error.exit_code != ExitCode::kUnreachable || !error.reason.empty()) return error;
  const std::string tls_failure = ExplainTlsFailure(status.error_message());
  if (!tls_failure.empty()) error.reason = "TLS_FAILED";
  error.message = "cannot reach the coordinator at " + address + ": " +
                  (tls_failure.empty() ? status.error_message() : tls_failure);
  return error;
}

}  // namespace descent
