#include "coordinator/checkpoint_lookup.h"

#include <utility>

#include "coordinator/job_refusal.h"
#include "coordinator/resource_name.h"

namespace descent {

RequestError CheckpointError(const Status& status, const char* reason_if_not_found,
                             const std::string& name) {
  RequestError error = ToRequestError(status);
  error.metadata["checkpoint"] = name;
  error.resource = {.type = "Checkpoint", .name = name};
  if (status.code() == Code::kNotFound) error.reason = reason_if_not_found;
  if (status.code() == Code::kInvalidArgument) error.reason = "NAME_INVALID";
  if (status.code() == Code::kFailedPrecondition) error.reason = "CHECKPOINT_IN_USE";
  if (status.code() == Code::kDataLoss) error.reason = "CHECKPOINT_CORRUPT";
  return error;
}

std::variant<FoundCheckpoint, RequestError> LookUpCheckpoint(
    const std::string& name,
    const std::function<Result<Job>(const std::string& job_id)>& find_job) {
  const Result<CheckpointName> parsed = ParseCheckpointName(name);
  if (!parsed.ok()) return CheckpointError(parsed.status(), "CHECKPOINT_NOT_FOUND", name);
  Result<Job> job = find_job(parsed.value().job_id);
  if (!job.ok()) return RefuseJob(job.status(), parsed.value().job_id, nullptr);
  Result<CheckpointRecord> checkpoint = FindCheckpoint(job.value(), parsed.value());
  if (!checkpoint.ok()) return CheckpointError(checkpoint.status(), "CHECKPOINT_NOT_FOUND", name);
  return FoundCheckpoint{std::move(job).value(), std::move(checkpoint).value()};
}

std::variant<CheckpointFile, RequestError> OpenCheckpointFile(const FoundCheckpoint& found,
                                                              const std::string& file) {
  Result<CheckpointFile> opened = CheckpointFile::Open(found.checkpoint.directory, file);
  if (!opened.ok())
    return CheckpointError(opened.status(), "FILE_NOT_FOUND",
                           CheckpointNameOf(found.job.id, found.checkpoint.step));
  return std::move(opened).value();
}

}  // namespace descent
