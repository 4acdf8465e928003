#pragma once

#include <cstddef>

namespace descent::cpu {

// The largest number of rows that one run of the innermost loop computes, in registers, on any
// instruction set.
inline constexpr std::size_t kBlockRowsMax = 8;

// A matrix product, c = a b or c += a b, whose operands are read where they lie: for products of so
// few rows or steps that copying them would take as long as multiplying them.
//   a  element (row, step) lies at row * a_row + step * a_step, of which one is 1
//   b  element (step, column) lies at step * b_step + column
//   c  element (row, column) lies at row * c_row + column
struct BlockProduct {
  const float* a;
  std::size_t a_row, a_step;
  const float* b;
  std::size_t b_step;
  float* c;
  std::size_t c_row;
  std::size_t rows, steps, columns;
  bool accumulates;
};

// Sums in f32, step after step, each a fused multiply-add where the instruction set has it: an
// element's bits depend on its row of a and its column of b alone.
void MultiplyBlock(const BlockProduct& product);

}  // namespace descent::cpu
