#pragma once

#include <cstddef>

#include "worker/graph/types.h"

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

// Of the gradient of the gain: columns of dy and x, each f32 or bf16, and the moments of their
// rows.
struct GainColumns {
  const void* dy;
  const void* x;
  DataType dy_type, x_type;
  std::size_t first, stride;  // the first column; from a row to the next; in elements
  std::size_t rows, columns;
  const float* means;
  const float* inverse_deviations;
};

}  // namespace descent::cpu
