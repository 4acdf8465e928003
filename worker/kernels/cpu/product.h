#pragma once

#include <cstdint>
#include <memory>

#include "common/result.h"
#include "worker/graph/graph.h"
#include "worker/kernels/thread_pool.h"

namespace descent::cpu {

// Element (row, column) of a matrix lies at row * row + column * column elements.
struct MatrixStrides {
  std::int64_t row = 0;
  std::int64_t column = 1;
};

// c = a b, or c += a b:  a [rows, inner], b [inner, columns], c [rows, columns].
struct ProductShape {
  std::int64_t rows, inner, columns;
  MatrixStrides a, b;     // one of each is 1
  std::int64_t c_stride;  // from a row to the next
  bool accumulates = false;
  DataType operands = DataType::kFloat32;  // of a and b
  DataType result = DataType::kFloat32;    // of c; f32 where it accumulates
};

// A matrix product made ready to run: its operands f32, or both bf16 where the instruction set
// multiplies bf16 (instruction_set.h), then with sums in f32. c is cut into a grid of tiles that
// depends on the sizes alone, and the pool shares the tiles out; a tile is one primitive of the
// matrix library, or of a thin product a run of own loops (thin_product.h). A tile adds all of
// `inner` in one order, so the bits do not depend on the number of threads. One Run at a time.
class Product {
 public:
  // The pool outlives the product. kInternal: the library failed.
  static Result<std::unique_ptr<Product>> Create(const ProductShape& shape, ThreadPool& pool);
  virtual ~Product() = default;

  // Operands of the types and strides of the shape, at any alignment.
  virtual void Run(const void* a, const void* b, void* c) = 0;
};

}  // namespace descent::cpu
