#include "worker/train/load_parameters.h"

#include <vector>

#include "worker/checkpoint/checkpoint_reader.h"

namespace descent {

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
