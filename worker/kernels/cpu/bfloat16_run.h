#pragma once

#include <cstddef>
#include <cstdint>

namespace descent::cpu {

// FromBFloat16 and ToBFloat16 (bfloat16.h) of a run of elements, at any alignment.
void WidenRun(const std::uint16_t* from, std::size_t count, float* to);
void RoundRun(const float* from, std::size_t count, std::uint16_t* to);

}  // namespace descent::cpu
