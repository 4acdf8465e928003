#pragma once

#include <memory>

#include "worker/kernels/cpu/product.h"

namespace descent::cpu {

// Whether a product has so few rows, or so short sums, that the matrix library spends much of its
// time on copying the larger operand: as the layers of a small model have.
bool IsThin(const ProductShape& shape);

// A thin product by own loops that read the larger operand once, where it lies (row_block.h). Where
// columns of b lie apart, it is c's transpose that is computed, from rows of b and a copy of a.
std::unique_ptr<Product> MakeThinProduct(const ProductShape& shape, ThreadPool& pool);

}  // namespace descent::cpu
