#pragma once

#include <cstdint>

#include "worker/kernels/cpu/library_primitive.h"
#include "worker/kernels/cpu/winograd_transform.h"

namespace descent::cpu {

// 16 matrices, one for each point.
inline dnnl::memory::desc Describe(std::int64_t rows, std::int64_t columns,
                                   std::int64_t point_stride, std::int64_t row_stride,
                                   std::int64_t column_stride) {
  return {{kWinogradPoints, rows, columns},
          dnnl::memory::data_type::f32,
          {point_stride, row_stride, column_stride}};
}

// c = a b, or c += a b, of each point.
inline LibraryPrimitive MakeProduct(const dnnl::engine& engine, const dnnl::memory::desc& a,
                                    const dnnl::memory::desc& b, const dnnl::memory::desc& c,
                                    bool accumulates) {
  const dnnl::matmul::primitive_desc desc({a, b, c}, LibraryAttributes(accumulates), engine);
  return LibraryPrimitive(engine, dnnl::matmul(desc), desc.scratchpad_desc(),
                          {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}});
}

}  // namespace descent::cpu
