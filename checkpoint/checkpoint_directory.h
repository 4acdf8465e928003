#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// The directory of a job's checkpoints (docs/checkpoint_format.md):
//   step-<n>/                    published and complete
//   .tmp-<n>-<generation>/       being written
//   .del-<n>-<generation>/       being deleted
// One process writes to it at a time, rank 0 of the current generation; the coordinator deletes
// what users no longer want, under the next generation, so that neither takes what the other one
// works at.

std::string PublishedName(std::int64_t step);  // "step-120"
std::string TemporaryName(std::int64_t step, std::int64_t generation);
std::string DeletedName(std::int64_t step, std::int64_t generation);

// The step of "step-120"; nothing for any other name.
std::optional<std::int64_t> StepOfPublishedName(std::string_view name);

struct CheckpointEntry {
  std::int64_t step = 0;
  std::filesystem::path directory;
};

// The published checkpoints by ascending step, unverified. None if `root` is not there. Blocks.
Result<std::vector<CheckpointEntry>> FindCheckpoints(const std::filesystem::path& root);

// Removes what generations up to `generation` have begun to write or delete. Blocks.
Status RemoveLeftovers(const std::filesystem::path& root, std::int64_t generation);

// Removes the checkpoint after `step`, under a name of `generation`: it is renamed first, so no
// reader ever finds half of one. What earlier calls up to that generation have left goes as well.
// False: there was nothing. Blocks.
Result<bool> RemoveCheckpoint(const std::filesystem::path& root, std::int64_t step,
                              std::int64_t generation);

// Removes those before the last of `kept_steps` that are not among these: the checkpoints that the
// coordinator has on record, ascending. None goes while it is empty. Blocks.
Status RemoveOldCheckpoints(const std::filesystem::path& root,
                            std::span<const std::int64_t> kept_steps, std::int64_t generation);

}  // namespace descent
