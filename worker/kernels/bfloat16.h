#pragma once

#include <bit>
#include <cstdint>

namespace descent {

// bf16 is the upper half of an f32: the same exponents, eight bits of precision.

inline float FromBFloat16(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

// To the nearest bf16, of two equally near ones to the even one; NaN stays NaN.
inline std::uint16_t ToBFloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  const bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
  return static_cast<std::uint16_t>(is_nan ? bits >> 16 | 0x40 : rounded);
}

}  // namespace descent
