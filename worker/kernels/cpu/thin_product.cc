#include "worker/kernels/cpu/thin_product.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "worker/kernels/cpu/row_block.h"

namespace descent::cpu {
namespace {

constexpr std::int64_t kThinMin = 16;  // rows that fill a vector register
constexpr std::int64_t kThinMax = 64;

// Columns of a tile of few rows; of many rows with short sums, a tile is some of them.
constexpr std::int64_t kTileColumns = 32;
constexpr std::int64_t kTileRows = static_cast<std::int64_t>(kBlockRowsMax);

// Of a transposed product: a line of the cache, so that no two threads write the same one.
constexpr std::int64_t kTransposedColumns = 16;

constexpr std::int64_t kPackedSteps = 64;  // of a, by a tile that copies it

bool IsBetween(std::int64_t size) { return kThinMin <= size && size <= kThinMax; }

std::size_t Size(std::int64_t value) { return static_cast<std::size_t>(value); }

std::int64_t TilesOf(std::int64_t size, std::int64_t tile) { return (size + tile - 1) / tile; }

// Rows of b are read in their order.
class StraightProduct final : public Product {
 public:
  StraightProduct(const ProductShape& shape, ThreadPool& pool)
      : shape_(shape),
        tile_rows_(shape.rows > kThinMax ? kTileRows : shape.rows),
        tile_columns_(shape.rows > kThinMax ? shape.columns : kTileColumns),
        pool_(pool) {}

  void Run(const void* a, const void* b, void* c) override {
    const std::int64_t across = TilesOf(shape_.columns, tile_columns_);
    pool_.ParallelFor(TilesOf(shape_.rows, tile_rows_) * across, [&](std::int64_t tile, int) {
      RunTile(tile / across * tile_rows_, tile % across * tile_columns_,
              static_cast<const float*>(a), static_cast<const float*>(b), static_cast<float*>(c));
    });
  }

 private:
  void RunTile(std::int64_t row, std::int64_t column, const float* a, const float* b, float* c) {
    MultiplyBlock({.a = a + row * shape_.a.row,
                   .a_row = Size(shape_.a.row),
                   .a_step = Size(shape_.a.column),
                   .b = b + column,
                   .b_step = Size(shape_.b.row),
                   .c = c + row * shape_.c_stride + column,
                   .c_row = Size(shape_.c_stride),
                   .rows = Size(std::min(tile_rows_, shape_.rows - row)),
                   .steps = Size(shape_.inner),
                   .columns = Size(std::min(tile_columns_, shape_.columns - column)),
                   .accumulates = shape_.accumulates});
  }

  const ProductShape shape_;
  const std::int64_t tile_rows_, tile_columns_;
  ThreadPool& pool_;
};

// c's transpose: rows of b's transpose, which lie in its order, by a's transpose, which is copied.
class TransposedProduct final : public Product {
 public:
  TransposedProduct(const ProductShape& shape, ThreadPool& pool) : shape_(shape), pool_(pool) {
    pool.scratch().Reserve(shape.inner * shape.rows);
  }

  void Run(const void* a, const void* b, void* c) override {
    pool_.ParallelFor(TilesOf(shape_.inner, kPackedSteps), [&](std::int64_t tile, int) {
      CopySteps(static_cast<const float*>(a), tile * kPackedSteps);
    });
    pool_.ParallelFor(TilesOf(shape_.columns, kTransposedColumns), [&](std::int64_t tile, int) {
      RunTile(tile * kTransposedColumns, static_cast<const float*>(b), static_cast<float*>(c));
    });
  }

 private:
  void CopySteps(const float* a, std::int64_t first) {
    const std::int64_t last = std::min(first + kPackedSteps, shape_.inner);
    float* const copy = pool_.scratch().data();
    for (std::int64_t row = 0; row < shape_.rows; ++row)
      for (std::int64_t step = first; step < last; ++step)
        copy[step * shape_.rows + row] = a[row * shape_.a.row + step * shape_.a.column];
  }

  void RunTile(std::int64_t column, const float* b, float* c) {
    const std::int64_t columns = std::min(kTransposedColumns, shape_.columns - column);
    std::array<float, static_cast<std::size_t>(kTransposedColumns * kThinMax)> transposed;
    MultiplyBlock({.a = b + column * shape_.b.column,
                   .a_row = Size(shape_.b.column),
                   .a_step = 1,
                   .b = pool_.scratch().data(),
                   .b_step = Size(shape_.rows),
                   .c = transposed.data(),
                   .c_row = Size(shape_.rows),
                   .rows = Size(columns),
                   .steps = Size(shape_.inner),
                   .columns = Size(shape_.rows),
                   .accumulates = false});
    for (std::int64_t row = 0; row < shape_.rows; ++row) {
      float* const to = c + row * shape_.c_stride + column;
      for (std::int64_t i = 0; i < columns; ++i) {
        const float sum = transposed[Size(i * shape_.rows + row)];
        to[i] = shape_.accumulates ? to[i] + sum : sum;
      }
    }
  }

  const ProductShape shape_;
  ThreadPool& pool_;
};

}  // namespace

bool IsThin(const ProductShape& shape) {
  if (shape.operands != DataType::kFloat32 || shape.result != DataType::kFloat32) return false;
  if (shape.b.column == 1) return IsBetween(shape.rows) || IsBetween(shape.inner);
  return IsBetween(shape.rows);
}

std::unique_ptr<Product> MakeThinProduct(const ProductShape& shape, ThreadPool& pool) {
  if (shape.b.column == 1) return std::make_unique<StraightProduct>(shape, pool);
  return std::make_unique<TransposedProduct>(shape, pool);
}

}  // namespace descent::cpu
