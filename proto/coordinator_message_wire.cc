#include <optional>
#include <string>
#include <variant>

#include "proto/wire.h"

// Coordinator → worker.

namespace descent {
namespace {

void Set(const Assign& from, v1::CoordinatorMessage& proto) {
  v1::Assign& to = *proto.mutable_assign();
  to.set_job(from.job);
  to.set_generation(from.generation);
  to.set_attempt(from.attempt);
  *to.mutable_spec() = ToProto(from.spec);
  for (const int rank : from.world_ranks) to.add_world_ranks(rank);
  to.set_rank(from.rank);
  to.set_checkpoint_directory(from.checkpoint_directory);
  to.set_start_checkpoint(from.start_checkpoint);
  to.mutable_low_watermark()->set_bytes(from.low_watermark.bytes);
  to.mutable_low_watermark()->set_fraction(from.low_watermark.fraction);
}

void Set(const Begin& from, v1::CoordinatorMessage& proto) {
  v1::Begin& to = *proto.mutable_begin();
  to.set_job(from.job);
  to.set_generation(from.generation);
  *to.mutable_shard_plan() = ToProto(from.shard_plan);
  to.set_total_steps(from.total_steps);
}

void Set(const GrantSteps& from, v1::CoordinatorMessage& proto) {
  v1::GrantSteps& to = *proto.mutable_grant();
  to.set_job(from.job);
  to.set_generation(from.generation);
  to.set_first(from.first);
  to.set_last(from.last);
  to.set_evaluate(from.evaluate);
  to.set_save_checkpoint(from.save_checkpoint);
  to.set_is_final(from.is_final);
}

v1::StopMode StopModeToWire(StopMode mode) {
  switch (mode) {
    case StopMode::kGraceful:
      return v1::STOP_MODE_GRACEFUL;
    case StopMode::kFinal:
      return v1::STOP_MODE_FINAL;
    case StopMode::kAbort:
      return v1::STOP_MODE_ABORT;
  }
  return v1::STOP_MODE_UNSPECIFIED;
}

std::optional<StopMode> StopModeFromWire(v1::StopMode mode) {
  switch (mode) {
    case v1::STOP_MODE_GRACEFUL:
      return StopMode::kGraceful;
    case v1::STOP_MODE_FINAL:
      return StopMode::kFinal;
    case v1::STOP_MODE_ABORT:
      return StopMode::kAbort;
    default:
      return std::nullopt;
  }
}

void Set(const Stop& from, v1::CoordinatorMessage& proto) {
  v1::Stop& to = *proto.mutable_stop();
  to.set_job(from.job);
  to.set_generation(from.generation);
  to.set_mode(StopModeToWire(from.mode));
}

void Set(const Acknowledge& from, v1::CoordinatorMessage& proto) {
  v1::Acknowledge& to = *proto.mutable_acknowledge();
  to.set_sequence(from.sequence);
  to.mutable_kept_checkpoints()->Add(from.kept_checkpoints.begin(), from.kept_checkpoints.end());
}

void Set(const SaveNow& from, v1::CoordinatorMessage& proto) {
  v1::SaveNow& to = *proto.mutable_save_now();
  to.set_job(from.job);
  to.set_generation(from.generation);
  to.set_request(from.request);
}

void Set(const Leave& from, v1::CoordinatorMessage& proto) {
  proto.mutable_leave()->set_reason(from.reason);
}

v1::JobOutcome OutcomeToWire(JobOutcome outcome) {
  switch (outcome) {
    case JobOutcome::kSucceeded:
      return v1::JOB_OUTCOME_SUCCEEDED;
    case JobOutcome::kFailed:
      return v1::JOB_OUTCOME_FAILED;
    case JobOutcome::kCancelled:
      return v1::JOB_OUTCOME_CANCELLED;
    case JobOutcome::kSuspended:
      return v1::JOB_OUTCOME_SUSPENDED;
  }
  return v1::JOB_OUTCOME_UNSPECIFIED;
}

std::optional<JobOutcome> OutcomeFromWire(v1::JobOutcome outcome) {
  switch (outcome) {
    case v1::JOB_OUTCOME_SUCCEEDED:
      return JobOutcome::kSucceeded;
    case v1::JOB_OUTCOME_FAILED:
      return JobOutcome::kFailed;
    case v1::JOB_OUTCOME_CANCELLED:
      return JobOutcome::kCancelled;
    case v1::JOB_OUTCOME_SUSPENDED:
      return JobOutcome::kSuspended;
    default:
      return std::nullopt;
  }
}

void Set(const Dismiss& from, v1::CoordinatorMessage& proto) {
  proto.mutable_dismiss()->set_outcome(OutcomeToWire(from.outcome));
}

Result<CoordinatorMessage> Get(const v1::Dismiss& from) {
  const std::optional<JobOutcome> outcome = OutcomeFromWire(from.outcome());
  if (!outcome)
    return Status(Code::kInvalidArgument,
                  "dismiss.outcome has the unknown value " + std::to_string(from.outcome()));
  return CoordinatorMessage(Dismiss{*outcome});
}

Result<CoordinatorMessage> Get(const v1::SaveNow& from) {
  return CoordinatorMessage(
      SaveNow{.job = from.job(), .generation = from.generation(), .request = from.request()});
}

Result<CoordinatorMessage> Get(const v1::Acknowledge& from) {
  return CoordinatorMessage(Acknowledge{
      .sequence = from.sequence(),
      .kept_checkpoints = {from.kept_checkpoints().begin(), from.kept_checkpoints().end()}});
}

Result<CoordinatorMessage> Get(const v1::Assign& from) {
  DESCENT_ASSIGN(JobSpec spec, FromProto(from.spec()));
  if (from.rank() < 0 || from.rank() >= from.world_ranks_size())
    return Status(Code::kInvalidArgument, "assign: rank " + std::to_string(from.rank()) + " of " +
                                              std::to_string(from.world_ranks_size()));
  return CoordinatorMessage(
      Assign{.job = from.job(),
             .generation = from.generation(),
             .attempt = from.attempt(),
             .spec = std::move(spec),
             .world_ranks = {from.world_ranks().begin(), from.world_ranks().end()},
             .rank = from.rank(),
             .checkpoint_directory = from.checkpoint_directory(),
             .start_checkpoint = from.start_checkpoint(),
             .low_watermark = {.bytes = from.low_watermark().bytes(),
                               .fraction = from.low_watermark().fraction()}});
}

Result<CoordinatorMessage> Get(const v1::Begin& from) {
  DESCENT_ASSIGN(const ShardPlan plan, FromProto(from.shard_plan()));
  return CoordinatorMessage(Begin{.job = from.job(),
                                  .generation = from.generation(),
                                  .shard_plan = plan,
                                  .total_steps = from.total_steps()});
}

Result<CoordinatorMessage> Get(const v1::GrantSteps& from) {
  return CoordinatorMessage(GrantSteps{.job = from.job(),
                                       .generation = from.generation(),
                                       .first = from.first(),
                                       .last = from.last(),
                                       .evaluate = from.evaluate(),
                                       .save_checkpoint = from.save_checkpoint(),
                                       .is_final = from.is_final()});
}

Result<CoordinatorMessage> Get(const v1::Stop& from) {
  const std::optional<StopMode> mode = StopModeFromWire(from.mode());
  if (!mode)
    return Status(Code::kInvalidArgument,
                  "stop.mode has the unknown value " + std::to_string(from.mode()));
  return CoordinatorMessage(
      Stop{.job = from.job(), .generation = from.generation(), .mode = *mode});
}

}  // namespace

v1::CoordinatorMessage ToProto(const CoordinatorMessage& message) {
  v1::CoordinatorMessage proto;
  std::visit([&proto](const auto& alternative) { Set(alternative, proto); }, message);
  return proto;
}

Result<CoordinatorMessage> FromProto(const v1::CoordinatorMessage& message) {
  switch (message.message_case()) {
    case v1::CoordinatorMessage::kAssign:
      return Get(message.assign());
    case v1::CoordinatorMessage::kBegin:
      return Get(message.begin());
    case v1::CoordinatorMessage::kGrant:
      return Get(message.grant());
    case v1::CoordinatorMessage::kStop:
      return Get(message.stop());
    case v1::CoordinatorMessage::kAcknowledge:
      return Get(message.acknowledge());
    case v1::CoordinatorMessage::kSaveNow:
      return Get(message.save_now());
    case v1::CoordinatorMessage::kLeave:
      return CoordinatorMessage(Leave{message.leave().reason()});
    case v1::CoordinatorMessage::kDismiss:
      return Get(message.dismiss());
    case v1::CoordinatorMessage::MESSAGE_NOT_SET:
      break;
  }
  return Status(Code::kInvalidArgument, "a coordinator's message of no known kind");
}

}  // namespace descent
