#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "worker/kernels/cpu/cpu_kernels.h"

namespace descent::cpu {

// Distances, in elements, from a place along each axis of a shape to the next.
using Strides = std::vector<std::size_t>;

Strides DenseStrides(const Shape& shape);  // of a dense, row-major tensor
// Of an operand of this shape that is repeated to `shape`: 0 along the axes of which it has one.
Strides BroadcastStrides(const Shape& operand, const Shape& shape);

// The elements of a shape in row-major order, as rows that are as long as can be, and where each
// row begins in up to three operands with strides of their own. Axes along which every operand goes
// on evenly are one.
class StridedRows {
 public:
  static constexpr std::size_t kOperandsMax = 3;
  using Offsets = std::array<std::size_t, kOperandsMax>;

  StridedRows(const Shape& shape, std::span<const Strides> operands);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }  // of each row
  // Between the elements of a row, by operand; 0: one element is repeated.
  const Offsets& column_strides() const { return column_strides_; }
  Offsets OffsetsOf(std::size_t row) const;

 private:
  struct Axis {
    std::size_t size = 1;
    Offsets strides = {};
  };

  std::vector<Axis> axes_;  // outermost first, without the last
  std::size_t rows_ = 1;
  std::size_t columns_ = 1;
  Offsets column_strides_ = {};
};

// Calls body(offsets in the operands, offset in the dense result, count) for runs of rows, on the
// pool. Short rows share a tile and long ones are cut, at fixed places.
template <typename Body>
void ForEachStridedRun(ThreadPool& pool, const StridedRows& walk, const Body& body) {
  const std::size_t run = std::min(walk.columns(), kElementsPerRun);
  const std::size_t runs_per_row = (walk.columns() + run - 1) / run;
  ForEachRun(
      pool, walk.rows() * runs_per_row, RowsPerRun(run), [&](std::size_t first, std::size_t count) {
        for (std::size_t i = first; i < first + count; ++i) {
          const std::size_t row = i / runs_per_row, column = i % runs_per_row * run;
          StridedRows::Offsets offsets = walk.OffsetsOf(row);
          for (std::size_t operand = 0; operand < offsets.size(); ++operand)
            offsets[operand] += column * walk.column_strides()[operand];
          body(offsets, row * walk.columns() + column, std::min(run, walk.columns() - column));
        }
      });
}

}  // namespace descent::cpu
