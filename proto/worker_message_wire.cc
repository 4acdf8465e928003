#include <cmath>
#include <optional>
#include <string>
#include <variant>

#include "proto/evaluation_wire.h"
#include "proto/message_text.h"
#include "proto/nonfinite_wire.h"
#include "proto/wire.h"

// Worker → coordinator.

namespace descent {
namespace {

void Set(const Register& from, v1::WorkerMessage& proto) {
  v1::Register& to = *proto.mutable_register_();
  to.set_pool(from.pool);
  to.set_world_rank(from.world_rank);
  to.set_world_size(from.world_size);
  to.set_host(from.host);
  to.set_pid(from.pid);
  to.set_instruction_set(from.instruction_set);
  to.set_version(from.version);
  if (from.leaving) to.set_leaving(*from.leaving);
  to.set_only_job(from.only_job);
  if (!from.held) return;
  v1::HeldAssignment& held = *to.mutable_held();
  held.set_job(from.held->job);
  held.set_generation(from.held->generation);
  held.set_step(from.held->step);
  if (from.held->granted) held.set_granted(*from.held->granted);
}

void Set(const Heartbeat& from, v1::WorkerMessage& proto) {
  v1::Heartbeat& to = *proto.mutable_heartbeat();
  to.set_job(from.job);
  to.set_generation(from.generation);
  to.set_step(from.step);
  to.set_phase(from.phase);
  to.set_finished_steps(from.times.steps);
  to.mutable_phase_seconds()->insert(from.times.seconds.begin(), from.times.seconds.end());
  to.set_phase_age_seconds(from.progress.phase_age_seconds);
  to.set_moves(from.progress.moves);
  to.set_collective_calls(from.progress.calls);
  to.set_is_in_collective(from.progress.is_in_call);
  if (from.progress.bucket >= 0) to.set_bucket(from.progress.bucket);
  to.set_is_saving(from.progress.is_saving);
  to.set_cpu_seconds(from.resources.cpu_seconds);
  to.set_resident_bytes(from.resources.resident_bytes);
  to.set_host_cpus(from.resources.host_cpus);
  to.set_host_memory_bytes(from.resources.host_memory_bytes);
  to.set_measured_at_seconds(from.resources.measured_at_seconds);
}

void Set(const Prepared& from, v1::WorkerMessage& proto) {
  v1::Prepared& to = *proto.mutable_prepared();
  to.set_job(from.job);
  to.set_generation(from.generation);
  to.set_rank(from.rank);
  to.set_dataset_fingerprint(from.dataset_fingerprint.ToHex());
  to.set_train_samples(from.train_samples);
  to.set_parameter_count(from.parameter_count);
  to.set_memory_bytes(from.memory_bytes);
  to.set_instruction_set(from.instruction_set);
  to.set_state_digest(from.state_digest.ToHex());
  to.set_start_step(from.start_step);
}

void Set(const StepReports& from, v1::WorkerMessage& proto) {
  v1::StepReports& to = *proto.mutable_steps();
  to.set_job(from.job);
  to.set_generation(from.generation);
  for (const StepMetrics& step : from.steps) {
    v1::StepMetrics& metrics = *to.add_steps();
    metrics.set_step(step.step);
    metrics.set_epoch(step.epoch);
    metrics.set_loss(step.loss);
    metrics.set_grad_norm(step.grad_norm);
    metrics.set_lr(step.lr);
    metrics.set_samples(step.samples);
    metrics.set_step_seconds(step.step_seconds);
    if (step.update_ratio) metrics.set_update_ratio(*step.update_ratio);
    SetNonfinite(step, metrics);
    if (step.parameters_digest) metrics.set_parameters_digest(step.parameters_digest->ToHex());
    if (!step.noise) continue;
    metrics.set_gradient_signal(step.noise->mean.signal);
    metrics.set_gradient_noise(step.noise->mean.noise);
    metrics.set_gradient_noise_steps(step.noise->steps);
  }
}

void Set(const EvaluationReport& from, v1::WorkerMessage& proto) {
  v1::EvaluationReport& to = *proto.mutable_evaluation();
  to.set_job(from.job);
  to.set_generation(from.generation);
  to.set_step(from.step);
  to.set_split(from.split == EvaluationSplit::kTest ? v1::EVALUATION_SPLIT_TEST
                                                    : v1::EVALUATION_SPLIT_VALIDATION);
  SetValues(from.values, *to.mutable_values());
}

void Set(const CheckpointWritten& from, v1::WorkerMessage& proto) {
  v1::CheckpointWritten& to = *proto.mutable_checkpoint();
  to.set_job(from.job);
  to.set_generation(from.generation);
  to.set_step(from.step);
  to.set_epoch(from.epoch);
  to.set_directory(from.directory);
  to.set_state_digest(from.state_digest.ToHex());
  to.set_bytes(from.bytes);
  to.set_request(from.request);
  to.set_write_seconds(from.write_seconds);
  to.set_blocking_seconds(from.blocking_seconds);
}

void Set(const CheckpointSkipped& from, v1::WorkerMessage& proto) {
  v1::CheckpointSkipped& to = *proto.mutable_checkpoint_skipped();
  to.set_job(from.job);
  to.set_generation(from.generation);
  to.set_step(from.step);
  to.set_message(from.message);
  to.set_request(from.request);
}

v1::EndOutcome OutcomeToProto(EndOutcome outcome) {
  switch (outcome) {
    case EndOutcome::kCompleted:
      return v1::END_OUTCOME_COMPLETED;
    case EndOutcome::kStopped:
      return v1::END_OUTCOME_STOPPED;
    case EndOutcome::kStoppedEarly:
      return v1::END_OUTCOME_STOPPED_EARLY;
    case EndOutcome::kFailed:
      return v1::END_OUTCOME_FAILED;
  }
  return v1::END_OUTCOME_UNSPECIFIED;
}

void Set(const AssignmentEnded& from, v1::WorkerMessage& proto) {
  v1::AssignmentEnded& to = *proto.mutable_ended();
  to.set_job(from.job);
  to.set_generation(from.generation);
  to.set_rank(from.rank);
  to.set_outcome(OutcomeToProto(from.outcome));
  to.set_step(from.step);
  to.set_state_digest(from.state_digest.ToHex());
  to.set_reason(from.reason);
  to.set_message(from.message);
  to.set_phase(from.phase);
  to.set_retryable(from.retryable);
  to.mutable_diverged_ranks()->Assign(from.diverged_ranks.begin(), from.diverged_ranks.end());
}

void Set(const Goodbye& from, v1::WorkerMessage& proto) {
  proto.mutable_goodbye()->set_reason(from.reason);
}

Status Unknown(const std::string& field, int value) {
  return Status(Code::kInvalidArgument, field + " has the unknown value " + std::to_string(value));
}

Result<WorkerMessage> Get(const v1::Register& from) {
  if (from.world_size() < 1 || from.world_rank() < 0 || from.world_rank() >= from.world_size())
    return Status(Code::kInvalidArgument,
                  "register: world rank " + std::to_string(from.world_rank()) + " of world size " +
                      std::to_string(from.world_size()));
  std::optional<HeldAssignment> held;
  if (from.has_held()) {
    held = {.job = from.held().job(),
            .generation = from.held().generation(),
            .step = from.held().step(),
            .granted = {}};
    if (from.held().has_granted()) held->granted = from.held().granted();
  }
  std::optional<std::string> leaving;
  if (from.has_leaving()) leaving = from.leaving();
  return WorkerMessage(Register{.pool = from.pool(),
                                .world_rank = from.world_rank(),
                                .world_size = from.world_size(),
                                .host = from.host(),
                                .pid = from.pid(),
                                .instruction_set = from.instruction_set(),
                                .version = from.version(),
                                .held = std::move(held),
                                .leaving = std::move(leaving),
                                .only_job = from.only_job()});
}

Result<PhaseTimes> TimesOf(const v1::Heartbeat& from) {
  PhaseTimes times{.steps = from.finished_steps(), .seconds = {}};
  if (times.steps < 0 || from.phase_seconds().size() > limits::kPhasesMax)
    return Status(Code::kInvalidArgument,
                  "a heartbeat of " + std::to_string(times.steps) + " steps and " +
                      std::to_string(from.phase_seconds().size()) + " phases");
  for (const auto& [phase, seconds] : from.phase_seconds()) {
    if (!(seconds >= 0 && std::isfinite(seconds)))
      return Status(Code::kInvalidArgument,
                    "a heartbeat with " + std::to_string(seconds) + " s in a phase");
    times.seconds.emplace(phase, seconds);
  }
  return times;
}

Result<RankProgress> ProgressOf(const v1::Heartbeat& from) {
  if (!(from.phase_age_seconds() >= 0 && std::isfinite(from.phase_age_seconds())))
    return Status(Code::kInvalidArgument, "a heartbeat of a phase that is " +
                                              std::to_string(from.phase_age_seconds()) + " s old");
  if (from.moves() < 0 || from.collective_calls() < 0 || from.bucket() < 0)
    return Status(Code::kInvalidArgument,
                  "a heartbeat of " + std::to_string(from.moves()) + " moves and " +
                      std::to_string(from.collective_calls()) + " collective calls, in bucket " +
                      std::to_string(from.bucket()));
  return RankProgress{.phase_age_seconds = from.phase_age_seconds(),
                      .moves = from.moves(),
                      .calls = from.collective_calls(),
                      .is_in_call = from.is_in_collective(),
                      .bucket = from.has_bucket() ? from.bucket() : -1,
                      .is_saving = from.is_saving()};
}

Result<ResourceUse> ResourcesOf(const v1::Heartbeat& from) {
  const auto is_time = [](double seconds) { return seconds >= 0 && std::isfinite(seconds); };
  if (!is_time(from.cpu_seconds()) || !is_time(from.measured_at_seconds()))
    return Status(Code::kInvalidArgument, "a heartbeat of " + std::to_string(from.cpu_seconds()) +
                                              " s of processor time at " +
                                              std::to_string(from.measured_at_seconds()) + " s");
  if (from.resident_bytes() < 0 || from.host_cpus() < 0 || from.host_memory_bytes() < 0)
    return Status(Code::kInvalidArgument,
                  "a heartbeat of " + std::to_string(from.resident_bytes()) + " of " +
                      std::to_string(from.host_memory_bytes()) + " bytes and " +
                      std::to_string(from.host_cpus()) + " processors");
  return ResourceUse{.cpu_seconds = from.cpu_seconds(),
                     .resident_bytes = from.resident_bytes(),
                     .host_cpus = from.host_cpus(),
                     .host_memory_bytes = from.host_memory_bytes(),
                     .measured_at_seconds = from.measured_at_seconds()};
}

Result<WorkerMessage> Get(const v1::Heartbeat& from) {
  DESCENT_ASSIGN(PhaseTimes times, TimesOf(from));
  DESCENT_ASSIGN(const RankProgress progress, ProgressOf(from));
  DESCENT_ASSIGN(const ResourceUse resources, ResourcesOf(from));
  return WorkerMessage(Heartbeat{.job = from.job(),
                                 .generation = from.generation(),
                                 .step = from.step(),
                                 .phase = from.phase(),
                                 .times = std::move(times),
                                 .progress = progress,
                                 .resources = resources});
}

Result<WorkerMessage> Get(const v1::Prepared& from) {
  DESCENT_ASSIGN(const Digest fingerprint, DigestFromHex(from.dataset_fingerprint()));
  DESCENT_ASSIGN(const Digest state_digest, DigestFromHex(from.state_digest()));
  return WorkerMessage(Prepared{.job = from.job(),
                                .generation = from.generation(),
                                .rank = from.rank(),
                                .dataset_fingerprint = fingerprint,
                                .train_samples = from.train_samples(),
                                .parameter_count = from.parameter_count(),
                                .memory_bytes = from.memory_bytes(),
                                .instruction_set = from.instruction_set(),
                                .state_digest = state_digest,
                                .start_step = from.start_step()});
}

Result<WorkerMessage> Get(const v1::StepReports& from) {
  StepReports reports{.job = from.job(), .generation = from.generation(), .steps = {}};
  for (const v1::StepMetrics& step : from.steps()) {
    reports.steps.push_back(StepMetrics{.step = step.step(),
                                        .epoch = step.epoch(),
                                        .loss = step.loss(),
                                        .grad_norm = step.grad_norm(),
                                        .lr = step.lr(),
                                        .samples = step.samples(),
                                        .step_seconds = step.step_seconds()});
    StepMetrics& metrics = reports.steps.back();
    if (step.has_update_ratio()) metrics.update_ratio = step.update_ratio();
    if (step.gradient_noise_steps() > 0)
      metrics.noise = {.mean = {.signal = step.gradient_signal(), .noise = step.gradient_noise()},
                       .steps = step.gradient_noise_steps()};
    DESCENT_RETURN_IF_ERROR(SetNonfinite(step, metrics));
    if (step.parameters_digest().empty()) continue;
    DESCENT_ASSIGN(metrics.parameters_digest, DigestFromHex(step.parameters_digest()));
  }
  return WorkerMessage(std::move(reports));
}

Result<WorkerMessage> Get(const v1::EvaluationReport& from) {
  if (from.split() != v1::EVALUATION_SPLIT_VALIDATION && from.split() != v1::EVALUATION_SPLIT_TEST)
    return Unknown("evaluation.split", from.split());
  DESCENT_ASSIGN(EvaluationValues values, ValuesFromProto(from.values()));
  return WorkerMessage(EvaluationReport{.job = from.job(),
                                        .generation = from.generation(),
                                        .step = from.step(),
                                        .split = from.split() == v1::EVALUATION_SPLIT_TEST
                                                     ? EvaluationSplit::kTest
                                                     : EvaluationSplit::kValidation,
                                        .values = std::move(values)});
}

Result<WorkerMessage> Get(const v1::CheckpointWritten& from) {
  DESCENT_ASSIGN(const Digest state_digest, DigestFromHex(from.state_digest()));
  for (const double seconds : {from.write_seconds(), from.blocking_seconds()})
    if (!(seconds >= 0 && std::isfinite(seconds)))
      return Status(Code::kInvalidArgument,
                    "a checkpoint that took " + std::to_string(seconds) + " s");
  return WorkerMessage(CheckpointWritten{.job = from.job(),
                                         .generation = from.generation(),
                                         .step = from.step(),
                                         .epoch = from.epoch(),
                                         .directory = from.directory(),
                                         .state_digest = state_digest,
                                         .bytes = from.bytes(),
                                         .request = from.request(),
                                         .write_seconds = from.write_seconds(),
                                         .blocking_seconds = from.blocking_seconds()});
}

Result<WorkerMessage> Get(const v1::CheckpointSkipped& from) {
  return WorkerMessage(CheckpointSkipped{.job = from.job(),
                                         .generation = from.generation(),
                                         .step = from.step(),
                                         .message = from.message(),
                                         .request = from.request()});
}

Result<EndOutcome> OutcomeFromProto(v1::EndOutcome outcome) {
  switch (outcome) {
    case v1::END_OUTCOME_COMPLETED:
      return EndOutcome::kCompleted;
    case v1::END_OUTCOME_STOPPED:
      return EndOutcome::kStopped;
    case v1::END_OUTCOME_STOPPED_EARLY:
      return EndOutcome::kStoppedEarly;
    case v1::END_OUTCOME_FAILED:
      return EndOutcome::kFailed;
    default:
      return Unknown("ended.outcome", outcome);
  }
}

Result<WorkerMessage> Get(const v1::AssignmentEnded& from) {
  DESCENT_ASSIGN(const EndOutcome outcome, OutcomeFromProto(from.outcome()));
  DESCENT_ASSIGN(const Digest state_digest, DigestFromHex(from.state_digest()));
  return WorkerMessage(AssignmentEnded{
      .job = from.job(),
      .generation = from.generation(),
      .rank = from.rank(),
      .outcome = outcome,
      .step = from.step(),
      .state_digest = state_digest,
      .reason = from.reason(),
      .message = from.message(),
      .phase = from.phase(),
      .retryable = from.retryable(),
      .diverged_ranks = {from.diverged_ranks().begin(), from.diverged_ranks().end()}});
}

}  // namespace

v1::WorkerMessage ToProto(const WorkerMessage& message) {
  v1::WorkerMessage proto;
  std::visit([&proto](const auto& alternative) { Set(alternative, proto); }, message);
  MakeTextValid(proto);
  return proto;
}

Result<WorkerMessage> FromProto(const v1::WorkerMessage& message) {
  switch (message.message_case()) {
    case v1::WorkerMessage::kRegister:
      return Get(message.register_());
    case v1::WorkerMessage::kHeartbeat:
      return Get(message.heartbeat());
    case v1::WorkerMessage::kPrepared:
      return Get(message.prepared());
    case v1::WorkerMessage::kSteps:
      return Get(message.steps());
    case v1::WorkerMessage::kEvaluation:
      return Get(message.evaluation());
    case v1::WorkerMessage::kCheckpoint:
      return Get(message.checkpoint());
    case v1::WorkerMessage::kCheckpointSkipped:
      return Get(message.checkpoint_skipped());
    case v1::WorkerMessage::kEnded:
      return Get(message.ended());
    case v1::WorkerMessage::kGoodbye:
      return WorkerMessage(Goodbye{message.goodbye().reason()});
    case v1::WorkerMessage::MESSAGE_NOT_SET:
      break;
  }
  return Status(Code::kInvalidArgument, "a worker's message of no known kind");
}

}  // namespace descent
