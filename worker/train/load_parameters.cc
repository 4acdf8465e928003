#include "worker/train/load_parameters.h"

#include <spdlog/fmt/fmt.h>

#include <cstdint>
#include <system_error>
#include <vector>

#include "checkpoint/manifest.h"
#include "worker/checkpoint/checkpoint_reader.h"

namespace descent {

Status CheckParametersFit(const std::filesystem::path& checkpoint, const ParameterLayout& layout) {
  const std::filesystem::path path = checkpoint / kModelName;
  std::error_code error;
  const std::uintmax_t found = std::filesystem::file_size(path, error);
  if (error) return Status(Code::kDataLoss, fmt::format("{}: {}", path.string(), error.message()));
  std::uintmax_t wanted = 0;
  for (const ParameterSlot& slot : layout.slots)
    wanted += static_cast<std::uintmax_t>(slot.size) * sizeof(float);
  if (wanted <= found) return Status();
  return Status(Code::kFailedPrecondition,
                fmt::format("{} has {} bytes, must have {} of the parameters of its model alone",
                            path.string(), found, wanted));
}

Status LoadParameters(const std::filesystem::path& checkpoint, const ParameterLayout& layout,
                      std::span<float> arena) {
  std::vector<TensorTarget> targets;
  for (const ParameterSlot& slot : layout.slots)
    targets.push_back({.name = slot.name,
                       .shape = slot.shape,
                       .values = arena.subspan(static_cast<std::size_t>(slot.offset),
                                               static_cast<std::size_t>(slot.size))});
  return LoadModel(checkpoint, targets).status();
}

}  // namespace descent
