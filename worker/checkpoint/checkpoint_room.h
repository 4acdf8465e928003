#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "common/low_watermark.h"
#include "common/result.h"

namespace descent {

// Prepares ROOT, the directory of a job's checkpoints, for the next one: makes it, and removes what
// generations up to `generation` began and did not finish, and the checkpoints that the coordinator
// has let go (RemoveOldCheckpoints with `kept_steps`). Blocks. Fails as the functions of
// common/file.h.
Status MakeRoom(const std::filesystem::path& root, std::span<const std::int64_t> kept_steps,
                std::int64_t generation);

// What a checkpoint takes.
struct RoomWanted {
  const std::filesystem::path& root;
  std::int64_t bytes = 0;
  LowWatermark watermark;  // of the volume, to be left free beside it
  std::span<const std::int64_t> kept_steps;
  std::int64_t generation = 0;
};

// kResourceExhausted: the volume does not have it, not even after MakeRoom, which is tried first
// where it is short. Ok: it has, or that cannot be told, and who writes will see. Blocks.
Status CheckRoom(const RoomWanted& wanted);

}  // namespace descent
