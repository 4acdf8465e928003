#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/job_id.h"
#include "common/result.h"
#include "coordinator/job.h"

namespace descent {

// The names that users see: "pools/{pool}/workers/{world rank}", "jobs/{job}" and
// "jobs/{job}/checkpoints/{step}", where the alias "latest" stands for the step of the newest
// checkpoint, and "best" for that of the lowest validation loss. Errors are kInvalidArgument and
// say what a name looks like.

enum class CheckpointAlias { kLatest, kBest };

struct CheckpointName {
  std::string job_id;
  std::variant<std::int64_t, CheckpointAlias> step = CheckpointAlias::kLatest;
};

struct WorkerName {
  std::string pool;
  int world_rank = 0;
};

std::string JobName(std::string_view job_id);
std::string CheckpointNameOf(std::string_view job_id, std::int64_t step);
std::string WorkerNameOf(std::string_view pool, int world_rank);

Result<std::string> ParseJobName(std::string_view name);  // the job's id
Result<CheckpointName> ParseCheckpointName(std::string_view name);
Result<WorkerName> ParseWorkerName(std::string_view name);

// kNotFound names the steps that there are.
Result<CheckpointRecord> FindCheckpoint(const Job& job, const CheckpointName& name);

}  // namespace descent
