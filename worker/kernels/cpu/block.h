#pragma once

#include <cstddef>

namespace descent::cpu {

// A rectangle of a row-major matrix.
struct Block {
  const float* data;
  std::size_t rows;
  std::size_t columns;
  std::size_t stride;  // from a row to the next, in elements
};

}  // namespace descent::cpu
