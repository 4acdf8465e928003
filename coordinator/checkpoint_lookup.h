#pragma once

#include <functional>
#include <string>
#include <variant>

#include "common/result.h"
#include "coordinator/checkpoint_files.h"
#include "coordinator/job.h"
#include "coordinator/request_error.h"

namespace descent {

// A checkpoint as it was when it was asked for, and its job.
struct FoundCheckpoint {
  Job job;
  CheckpointRecord checkpoint;
};

// The checkpoint that "jobs/{job}/checkpoints/{step, latest or best}" names, for gRPC and HTTP
// alike. `find_job` answers kNotFound for a job that does not exist. NAME_INVALID, JOB_NOT_FOUND,
// CHECKPOINT_NOT_FOUND.
std::variant<FoundCheckpoint, RequestError> LookUpCheckpoint(
    const std::string& name, const std::function<Result<Job>(const std::string& job_id)>& find_job);

// One of its files, as CheckpointFile::Open. FILE_NOT_FOUND. Blocks.
std::variant<CheckpointFile, RequestError> OpenCheckpointFile(const FoundCheckpoint& found,
                                                              const std::string& file);

// The error of a status that has to do with the checkpoint `name`; its reason follows from the
// code.
RequestError CheckpointError(const Status& status, const char* reason_if_not_found,
                             const std::string& name);

}  // namespace descent
