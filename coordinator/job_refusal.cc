#include "coordinator/job_refusal.h"

#include "common/check.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

// As State has it in state_commands.cc.
bool Allows(JobCommand command, const Job& job, JobState state) {
  switch (command) {
    case JobCommand::kCancel:
      return !IsTerminal(state);
    case JobCommand::kSuspend:
      return !IsTerminal(state) && state != JobState::kCancelling && state != JobState::kStopping;
    case JobCommand::kResume:
      return state == JobState::kSuspended;
    case JobCommand::kStop:
      if (IsWaiting(state) || state == JobState::kSuspended) return !job.checkpoints.empty();
      return state == JobState::kRunning || state == JobState::kStopping;
    case JobCommand::kCheckpoint:
      return state == JobState::kRunning;
    case JobCommand::kDelete:
      return IsTerminal(state);
  }
  DESCENT_CHECK(false);
  return false;
}

// "RUNNING,STOPPING"
std::string AllowedStates(JobCommand command, const Job& job) {
  std::string names;
  for (int value = 0; value <= static_cast<int>(JobState::kCancelled); ++value) {
    const auto state = static_cast<JobState>(value);
    if (!Allows(command, job, state)) continue;
    if (!names.empty()) names += ",";
    names += JobStateName(state);
  }
  return names;
}

std::string ReasonOf(const Status& status) {
  switch (status.code()) {
    case Code::kNotFound:
      return "JOB_NOT_FOUND";
    case Code::kAlreadyExists:
      return "JOB_ID_TAKEN";
    case Code::kAborted:
      return "ETAG_MISMATCH";
    case Code::kFailedPrecondition:
      return "JOB_STATE_FORBIDS";
    case Code::kInvalidArgument:
      return "LABELS_INVALID";
    default:
      return ToRequestError(status).reason;
  }
}

}  // namespace

RequestError NameInvalid(const Status& status, const std::string& name) {
  return {status, "NAME_INVALID", {}, {{"name", name}}};
}

RequestError JobNotFound(const std::string& job_id) {
  return RefuseJob(Status(Code::kNotFound, JobName(job_id) + " does not exist"), job_id, nullptr);
}

RequestError CheckpointNotFound(const Status& status, const std::string& name) {
  RequestError error{status, "CHECKPOINT_NOT_FOUND", {}, {{"checkpoint", name}}};
  error.resource = {.type = "Checkpoint", .name = name};
  return error;
}

RequestError RefuseJob(const Status& status, const std::string& job_id, const Job* job,
                       std::optional<JobCommand> command) {
  RequestError error{status, ReasonOf(status), {}, {{"job", job_id}}};
  error.resource = {.type = "Job", .name = JobName(job_id)};
  if (job == nullptr) return error;
  if (status.code() == Code::kAborted) error.metadata["etag"] = EtagOf(*job);
  if (status.code() != Code::kFailedPrecondition || !command) return error;
  if (Allows(*command, *job, job->state)) {
    error.reason = "CHECKPOINT_IN_USE";
    return error;
  }
  error.metadata["state"] = JobStateName(job->state);
  error.metadata["allowed"] = AllowedStates(*command, *job);
  return error;
}

}  // namespace descent
