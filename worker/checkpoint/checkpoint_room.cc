#include "worker/checkpoint/checkpoint_room.h"

#include <spdlog/fmt/fmt.h>

#include "checkpoint/checkpoint_directory.h"
#include "common/file.h"
#include "common/log.h"

namespace descent {
namespace {

Status Measure(const RoomWanted& wanted) {
  const Result<VolumeSpace> space = MeasureVolume(wanted.root);
  if (!space.ok()) return Status();
  const std::int64_t left_free = BytesOf(wanted.watermark, space.value().total_bytes);
  if (space.value().free_bytes - left_free >= wanted.bytes) return Status();
  return Status(Code::kResourceExhausted,
                fmt::format("{} has {} free bytes, must have {}: {} for a checkpoint and {} that "
                            "stay free",
                            wanted.root.string(), space.value().free_bytes,
                            wanted.bytes + left_free, wanted.bytes, left_free));
}

}  // namespace

Status MakeRoom(const std::filesystem::path& root, std::span<const std::int64_t> kept_steps,
                std::int64_t generation) {
  DESCENT_RETURN_IF_ERROR(MakeDirectories(root));
  DESCENT_RETURN_IF_ERROR(RemoveLeftovers(root, generation));
  // Old ones that stay longer than they must are no reason to fail.
  const Status removed = RemoveOldCheckpoints(root, kept_steps, generation);
  if (!removed.ok()) LogWarning("old checkpoint not removed error=\"{}\"", removed.message());
  return Status();
}

Status CheckRoom(const RoomWanted& wanted) {
  // A directory that is not there yet has no volume.
  if (!MakeDirectories(wanted.root).ok() || Measure(wanted).ok()) return Status();
  if (!MakeRoom(wanted.root, wanted.kept_steps, wanted.generation).ok()) return Status();
  return Measure(wanted);
}

}  // namespace descent
