#pragma once

#include <array>
#include <string_view>

namespace descent {

// What becomes of the activations of a forward pass until the backward pass needs them. The names
// are those of the job file, in the same order.
enum class ActivationCheckpointing {
  kNone,  // all stay in memory
  kFull,  // few stay, and the layers between these are computed again; the same bits
};
inline constexpr std::array<std::string_view, 2> kActivationCheckpointingNames = {"none", "full"};

}  // namespace descent
