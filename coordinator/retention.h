#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "coordinator/job.h"

namespace descent {

// Which checkpoints of a job stay. It is decided here alone: a worker removes the files of those
// that are off the record, and of no others (docs/checkpoint_format.md).

// Whether another job is about to start from a checkpoint.
using IsAwaited = std::function<bool(const CheckpointRecord& checkpoint)>;

// Drops those that nothing keeps: there is no reason to, and nobody waits for them.
void DropOldCheckpoints(Job& job, const IsAwaited& is_awaited);

// Why one of the job's checkpoints stays: "latest", "best", "keep_last" (one of so many of the
// newest), "pinned", "rollback". Empty: it is dropped when the next one is recorded.
std::vector<std::string_view> ReasonsToKeep(const Job& job, const CheckpointRecord& checkpoint);

// The step whose checkpoint a job that is not at its end would go back to after a step that is not
// finite; absent: none.
std::optional<std::int64_t> RollbackStepOf(const Job& job);

}  // namespace descent
