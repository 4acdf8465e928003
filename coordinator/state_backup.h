#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/clock.h"
#include "common/result.h"
#include "coordinator/metric_store.h"

namespace descent {

struct StateBackup {
  std::filesystem::path directory;
  std::int64_t bytes = 0;
  int jobs = 0;
};

// Copies the store and the metrics of its jobs to STATE/backups/NAME, where STATE is the directory
// of `store_file`, so that a coordinator can be started on the copy. Both may be written meanwhile:
// the store comes first, so that a checkpoint on record has the metrics of all steps before it.
// Logs and checkpoints stay where they are. The directory appears when it is whole, and survives
// power loss. Blocks; one call at a time.
//   `name`: one component of a path; empty: made of `now`.
// kInvalidArgument: the name. kAlreadyExists. kResourceExhausted: disk full. Others: as of
// Database.
Result<StateBackup> BackUpState(const std::filesystem::path& store_file, const MetricStore& metrics,
                                const std::string& name, WallTime now);

}  // namespace descent
