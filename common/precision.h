#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace descent {

// In which numbers a job computes. The names are those of the job file, in the same order.
enum class Precision {
  kFloat32,
  kBFloat16,  // mixed: activations and the operands of products; weights and sums stay f32
};
inline constexpr std::array<std::string_view, 2> kPrecisionNames = {"f32", "bf16"};

inline std::string_view PrecisionName(Precision precision) {
  return kPrecisionNames[static_cast<std::size_t>(precision)];
}

}  // namespace descent
