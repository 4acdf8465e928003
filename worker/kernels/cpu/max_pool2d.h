#pragma once

#include <cstdint>

#include "common/shard_planner.h"

namespace descent::cpu {

// Memory for as many rows of a plane as a window covers, with minus infinity where no row is copied
// to: padding that needs no test.
struct RowScratch {
  float* values;
  std::int64_t stride;  // from a row to the next, in elements
  std::int64_t reach;   // how far vectors of windows read a row, its padding included
};

// The rows that a row of windows covers, one for each row of the kernel that is inside the plane.
struct PaddedRows {
  const float* values;
  std::int64_t stride;  // from a row to the next, in elements
  IndexRange inside;    // of the kernel's rows
};

// The planes of dy [P, Q], x [H, W] and dx [H, W].
struct MaxPoolGradientPlanes {
  const float* dy;
  const float* x;
  float* dx;
};

}  // namespace descent::cpu
