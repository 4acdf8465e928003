#pragma once

#include <optional>
#include <string>

#include "coordinator/event.h"
#include "coordinator/job.h"
#include "coordinator/request_error.h"

namespace descent {

// Refusals that name the job, or the checkpoint, that they are about.

// `name` is not of the form that a name has, as `status` says.
RequestError NameInvalid(const Status& status, const std::string& name);

RequestError JobNotFound(const std::string& job_id);

// `status` is kNotFound; `name` is "jobs/{job}/checkpoints/{step}" as it was asked for.
RequestError CheckpointNotFound(const Status& status, const std::string& name);

// What State answered. The reason follows from its code: JOB_NOT_FOUND, JOB_ID_TAKEN,
// LABELS_INVALID, ETAG_MISMATCH, JOB_STATE_FORBIDS with the job's `state` and those in which the
// command is `allowed`, or CHECKPOINT_IN_USE where the state allows it. `job` is what it is now;
// null: unknown.
RequestError RefuseJob(const Status& status, const std::string& job_id, const Job* job,
                       std::optional<JobCommand> command = std::nullopt);

}  // namespace descent
