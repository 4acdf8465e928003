#pragma once

#include <cstddef>

namespace descent::cpu {

// A rectangle of a row-major matrix.
template <typename T>
struct BlockOf {
  const T* data;
  std::size_t rows;
  std::size_t columns;
  std::size_t stride;  // from a row to the next, in elements
};
using Block = BlockOf<float>;

}  // namespace descent::cpu
