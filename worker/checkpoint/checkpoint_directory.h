#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// The directory of a job's checkpoints (docs/checkpoint_format.md):
//   step-<n>/                    published and complete
//   .tmp-<n>-<generation>/       being written
//   .del-<n>-<generation>/       being deleted
// One process writes to it at a time: rank 0 of the current generation.

std::string CheckpointName(std::int64_t step);  // "step-120"
std::string TemporaryName(std::int64_t step, std::int64_t generation);
std::string DeletedName(std::int64_t step, std::int64_t generation);

// The step of "step-120"; nothing for any other name.
std::optional<std::int64_t> StepOfCheckpointName(std::string_view name);

struct CheckpointEntry {
  std::int64_t step = 0;
  std::filesystem::path directory;
};

// The published checkpoints by ascending step, unverified. None if `root` is not there. Blocks.
Result<std::vector<CheckpointEntry>> FindCheckpoints(const std::filesystem::path& root);

// Removes what generations up to `generation` have begun to write or delete. Blocks.
Status RemoveLeftovers(const std::filesystem::path& root, std::int64_t generation);

// Which checkpoints stay.
struct CheckpointRetention {
  std::int64_t keep_last = 1;                 // so many of the last, at least 1
  std::optional<std::int64_t> best_step;      // this one
  std::optional<std::int64_t> rollback_step;  // and this one, which a job may go back to
  // The newest that the coordinator is known to have recorded, and all after it: the next attempt
  // starts from one of them.
  std::int64_t recorded_step = std::numeric_limits<std::int64_t>::max();
};

// Removes the others: each is first renamed, so no reader ever finds half of one. That of
// `newest_step`, just published and verified, stays whatever else there is. Blocks.
Status RemoveOldCheckpoints(const std::filesystem::path& root, const CheckpointRetention& retention,
                            std::int64_t newest_step, std::int64_t generation);

}  // namespace descent
