#pragma once

#include <cstddef>

namespace descent::cpu {

// What the kernels of layer normalisation hand to the code of each instruction set.
struct NormalizedRow {
  const float* x;
  float* out;
  std::size_t size;
};

struct RowMoments {
  float mean;
  float inverse_deviation;  // 1 / sqrt(variance + epsilon)
};

}  // namespace descent::cpu
