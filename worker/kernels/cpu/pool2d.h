#pragma once

#include <cstddef>
#include <cstdint>

#include "worker/graph/attributes.h"
#include "worker/graph/types.h"
#include "worker/kernels/cpu/cpu_kernels.h"

namespace descent::cpu {

// One plane and the windows on it: H rows and W columns in, P and Q out. Every window covers an
// element of the plane. An element's index fits into 32 bits.
struct PoolPlane {
  std::int64_t rows, columns;          // H, W
  std::int64_t out_rows, out_columns;  // P, Q
  Shape kernel, stride, padding, dilation;

  std::size_t size() const { return static_cast<std::size_t>(rows * columns); }
  std::size_t out_size() const { return static_cast<std::size_t>(out_rows * out_columns); }
};

inline PoolPlane PlaneOf(const Attributes& attributes, const Shape& x, const Shape& y) {
  return {.rows = x[2],
          .columns = x[3],
          .out_rows = y[2],
          .out_columns = y[3],
          .kernel = attributes.Integers("kernel"),
          .stride = attributes.Integers("stride"),
          .padding = attributes.Integers("padding"),
          .dilation = attributes.Integers("dilation")};
}

// Calls body(plane number, thread) for all planes of a tensor [B, C, H, W].
template <typename Body>
void ForEachPlane(ThreadPool& pool, const Shape& images, const PoolPlane& plane, const Body& body) {
  const auto planes = static_cast<std::size_t>(images[0] * images[1]);
  ForEachRunOfThread(pool, planes, RowsPerRun(plane.size()),
                     [&](std::size_t first, std::size_t count, int thread) {
                       for (std::size_t i = first; i < first + count; ++i) body(i, thread);
                     });
}

}  // namespace descent::cpu
