#include <algorithm>

#include "common/shard_planner.h"
#include "worker/kernels/cpu/pool2d.h"

// Pools are bound by memory, and what a window's place does to each column is the same work, so
// these loops are plain: the compiler turns them into vectors. No sum is reordered, so the bits are
// those of the loops as written.

namespace descent::cpu {
namespace {

// Where windows stand, in a row of them, whose element `start` columns from each lies in the plane.
IndexRange PlacesInside(const PoolPlane& plane, std::int64_t start) {
  const std::int64_t stride = plane.stride[1];
  const auto first_from = [&](std::int64_t column) {  // the first that is not before `column`
    return std::clamp<std::int64_t>((column - start + stride - 1) / stride, 0, plane.out_columns);
  };
  // A negative quotient rounds up, which the clamp makes good.
  return {.first = first_from(0), .last = first_from(plane.columns)};
}

// Calls body(element of the plane, element of the output) for every element that one of the windows
// covers: windows by rows, and in each the elements by rows.
template <typename Body>
void ForEachTap(const PoolPlane& plane, const Body& body) {
  for (std::int64_t p = 0; p < plane.out_rows; ++p)
    for (std::int64_t i = 0; i < plane.kernel[0]; ++i) {
      const std::int64_t row = p * plane.stride[0] + i * plane.dilation[0] - plane.padding[0];
      if (row < 0 || row >= plane.rows) continue;
      for (std::int64_t j = 0; j < plane.kernel[1]; ++j) {
        const std::int64_t start = j * plane.dilation[1] - plane.padding[1];
        const IndexRange inside = PlacesInside(plane, start);
        for (std::int64_t q = inside.first; q < inside.last; ++q)
          body(row * plane.columns + q * plane.stride[1] + start, p * plane.out_columns + q);
      }
    }
}

void MeanOfPlane(const PoolPlane& plane, const float* x, float* y) {
  std::fill_n(y, plane.out_size(), 0.0f);
  ForEachTap(plane, [=](std::int64_t from, std::int64_t to) { y[to] += x[from]; });
  const auto count = static_cast<float>(plane.kernel[0] * plane.kernel[1]);
  for (std::size_t i = 0; i < plane.out_size(); ++i) y[i] /= count;
}

void MeanGradientOfPlane(const PoolPlane& plane, const float* dy, float* dx) {
  std::fill_n(dx, plane.size(), 0.0f);
  const auto count = static_cast<float>(plane.kernel[0] * plane.kernel[1]);
  ForEachTap(plane, [=](std::int64_t to, std::int64_t from) { dx[to] += dy[from] / count; });
}

}  // namespace

PreparedStep PrepareAvgPool2d(const KernelRequest& request) {
  const Shape images = request.input(0).shape;
  const PoolPlane plane = PlaneOf(request.node.attributes, images, request.output(0).shape);
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachPlane(pool, images, plane, [&](std::size_t i, int) {
      MeanOfPlane(plane, run.input(0) + i * plane.size(), run.output(0) + i * plane.out_size());
    });
  });
}

PreparedStep PrepareAvgPool2dGradient(const KernelRequest& request) {
  const Shape images = request.output(0).shape;
  const PoolPlane plane = PlaneOf(request.node.attributes, images, request.input(0).shape);
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachPlane(pool, images, plane, [&](std::size_t i, int) {
      MeanGradientOfPlane(plane, run.input(0) + i * plane.out_size(),
                          run.output(0) + i * plane.size());
    });
  });
}

}  // namespace descent::cpu
