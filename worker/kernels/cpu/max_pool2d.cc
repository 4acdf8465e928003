#include "worker/kernels/cpu/max_pool2d.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "common/aligned_buffer.h"
#include "common/shard_planner.h"
#include "worker/kernels/cpu/pool2d.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/max_pool2d.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

using IndexTag = hn::RebindToSigned<FloatTag>;
using IndexVector = hn::Vec<IndexTag>;

// The rows of the kernel that lie inside the plane, of windows in row p.
IndexRange RowsInside(const PoolPlane& plane, std::int64_t p) {
  const std::int64_t above = plane.padding[0] - p * plane.stride[0];
  const auto first_from = [&](std::int64_t row) {
    return std::clamp<std::int64_t>((row + above + plane.dilation[0] - 1) / plane.dilation[0], 0,
                                    plane.kernel[0]);
  };
  // A negative quotient rounds up, which the clamp makes good.
  return {.first = first_from(0), .last = first_from(plane.rows)};
}

std::int64_t RowOf(const PoolPlane& plane, std::int64_t p, std::int64_t kernel_row) {
  return p * plane.stride[0] + kernel_row * plane.dilation[0] - plane.padding[0];
}

// Elements `stride` apart.
HWY_INLINE FloatVector LoadStrided(const float* from, std::int64_t stride) {
  const FloatTag tag;
  if (stride == 1) return hn::LoadU(tag, from);
#if HWY_TARGET != HWY_SCALAR
  if (stride == 2)
    return hn::ConcatEven(tag, hn::LoadU(tag, from + hn::Lanes(tag)), hn::LoadU(tag, from));
#endif
  const IndexTag index_tag;
  const IndexVector places =
      hn::Mul(hn::Iota(index_tag, 0), hn::Set(index_tag, static_cast<std::int32_t>(stride)));
  return hn::GatherIndex(tag, from, places);
}

// Calls body(kernel row, column of the kernel, element of each window in a vector) for what windows
// q, q + 1, ... of a row cover. `rows` holds the rows of the kernel inside the plane.
template <typename Body>
HWY_INLINE void ForEachTap(const PoolPlane& plane, const PaddedRows& rows, std::int64_t q,
                           const Body& body) {
  for (std::int64_t i = rows.inside.first; i < rows.inside.last; ++i) {
    const float* const row = rows.values + (i - rows.inside.first) * rows.stride;
    for (std::int64_t j = 0; j < plane.kernel[1]; ++j)
      body(i, j, LoadStrided(row + j * plane.dilation[1] + q * plane.stride[1], plane.stride[1]));
  }
}

// The rows that windows in row p cover: where they lie, if vectors of windows read nothing outside
// of the plane, else a copy between padding.
PaddedRows EnterRows(const PoolPlane& plane, std::int64_t p, const float* x,
                     const RowScratch& scratch) {
  const IndexRange inside = RowsInside(plane, p);
  const std::int64_t first = RowOf(plane, p, inside.first) * plane.columns;
  const std::int64_t last = RowOf(plane, p, inside.last - 1) * plane.columns;
  const bool is_inside = last + scratch.reach <= plane.rows * plane.columns;
  if (plane.padding[1] == 0 && is_inside)
    return {.values = x + first, .stride = plane.dilation[0] * plane.columns, .inside = inside};
  for (std::int64_t i = inside.first; i < inside.last; ++i)
    std::copy_n(x + RowOf(plane, p, i) * plane.columns, plane.columns,
                scratch.values + (i - inside.first) * scratch.stride + plane.padding[1]);
  return {.values = scratch.values, .stride = scratch.stride, .inside = inside};
}

void MaxOfPlane(const PoolPlane& plane, const float* x, const RowScratch& scratch, float* y) {
  const FloatTag tag;
  HWY_ALIGN float tail[HWY_LANES(float)];
  for (std::int64_t p = 0; p < plane.out_rows; ++p) {
    const PaddedRows rows = EnterRows(plane, p, x, scratch);
    for (std::int64_t q = 0; q < plane.out_columns;) {
      FloatVector largest = hn::Set(tag, -std::numeric_limits<float>::infinity());
      // NaN is not below anything, so it has to be looked for; once found, it stays.
      ForEachTap(plane, rows, q, [&](std::int64_t, std::int64_t, FloatVector value) HWY_ATTR {
        const auto is_larger = hn::Or(hn::Gt(value, largest), hn::IsNaN(value));
        largest = hn::IfThenElse(is_larger, value, largest);
      });
      const auto lanes = static_cast<std::int64_t>(hn::Lanes(tag));
      const std::int64_t count = std::min(lanes, plane.out_columns - q);
      hn::Store(largest, tag, tail);
      std::copy_n(tail, count, y + p * plane.out_columns + q);
      q += count;
    }
  }
}

// The first element that the window covers.
std::int64_t FirstElement(const PoolPlane& plane, std::int64_t p, std::int64_t q) {
  std::int64_t column = q * plane.stride[1] - plane.padding[1];
  while (column < 0) column += plane.dilation[1];
  return RowOf(plane, p, RowsInside(plane, p).first) * plane.columns + column;
}

// The first of the largest elements of each window q, q + 1, ...; NaN counts as larger than all
// numbers. -1 where all are minus infinity.
IndexVector FindLargest(const PoolPlane& plane, const PaddedRows& rows, std::int64_t p,
                        std::int64_t q) {
  const FloatTag tag;
  const IndexTag index_tag;
  FloatVector largest = hn::Set(tag, -std::numeric_limits<float>::infinity());
  IndexVector found = hn::Set(index_tag, -1);
  const IndexVector steps = hn::Mul(hn::Iota(index_tag, 0),
                                    hn::Set(index_tag, static_cast<std::int32_t>(plane.stride[1])));
  ForEachTap(plane, rows, q, [&](std::int64_t i, std::int64_t j, FloatVector value) HWY_ATTR {
    const std::int64_t first = RowOf(plane, p, i) * plane.columns + q * plane.stride[1] +
                               j * plane.dilation[1] - plane.padding[1];
    const IndexVector elements =
        hn::Add(steps, hn::Set(index_tag, static_cast<std::int32_t>(first)));
    const auto is_first_nan = hn::AndNot(hn::IsNaN(largest), hn::IsNaN(value));
    const auto is_larger = hn::Or(hn::Gt(value, largest), is_first_nan);
    largest = hn::IfThenElse(is_larger, value, largest);
    found = hn::IfThenElse(hn::RebindMask(index_tag, is_larger), elements, found);
  });
  return found;
}

void MaxGradientOfPlane(const PoolPlane& plane, const MaxPoolGradientPlanes& planes,
                        const RowScratch& scratch) {
  const IndexTag index_tag;
  HWY_ALIGN std::int32_t found[HWY_LANES(std::int32_t)];
  std::fill_n(planes.dx, plane.size(), 0.0f);
  for (std::int64_t p = 0; p < plane.out_rows; ++p) {
    const PaddedRows rows = EnterRows(plane, p, planes.x, scratch);
    for (std::int64_t q = 0; q < plane.out_columns;) {
      hn::Store(FindLargest(plane, rows, p, q), index_tag, found);
      const std::int64_t last =
          std::min(q + static_cast<std::int64_t>(hn::Lanes(index_tag)), plane.out_columns);
      for (std::size_t lane = 0; q < last; ++q, ++lane) {
        const std::int64_t element = found[lane] >= 0 ? found[lane] : FirstElement(plane, p, q);
        planes.dx[element] += planes.dy[p * plane.out_columns + q];
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(MaxOfPlane);
HWY_EXPORT(MaxGradientOfPlane);

namespace {

// For each thread.
class RowScratches {
 public:
  RowScratches(const PoolPlane& plane, int threads) {
    constexpr std::int64_t kLanesMax = 16;
    const std::int64_t vectors = (plane.out_columns + kLanesMax - 1) / kLanesMax;
    reach_ = vectors * kLanesMax * plane.stride[1] + plane.kernel[1] * plane.dilation[1];
    stride_ = std::max(reach_, plane.padding[1] + plane.columns);
    for (int thread = 0; thread < threads; ++thread) {
      buffers_.emplace_back(plane.kernel[0] * stride_);
      std::ranges::fill(buffers_.back().span(), -std::numeric_limits<float>::infinity());
    }
  }

  RowScratch Of(int thread) {
    return {.values = buffers_[static_cast<std::size_t>(thread)].span().data(),
            .stride = stride_,
            .reach = reach_};
  }

 private:
  std::int64_t reach_ = 0;
  std::int64_t stride_ = 0;
  std::vector<AlignedBuffer> buffers_;
};

}  // namespace

PreparedStep PrepareMaxPool2d(const KernelRequest& request) {
  const Shape images = request.input(0).shape;
  const PoolPlane plane = PlaneOf(request.node.attributes, images, request.output(0).shape);
  auto scratch = std::make_shared<RowScratches>(plane, request.pool.thread_count());
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachPlane(pool, images, plane, [&](std::size_t i, int thread) {
      HWY_DYNAMIC_DISPATCH(MaxOfPlane)
      (plane, run.input(0) + i * plane.size(), scratch->Of(thread),
       run.output(0) + i * plane.out_size());
    });
  });
}

PreparedStep PrepareMaxPool2dGradient(const KernelRequest& request) {
  const Shape images = request.input(1).shape;
  const PoolPlane plane = PlaneOf(request.node.attributes, images, request.input(0).shape);
  auto scratch = std::make_shared<RowScratches>(plane, request.pool.thread_count());
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachPlane(pool, images, plane, [&](std::size_t i, int thread) {
      HWY_DYNAMIC_DISPATCH(MaxGradientOfPlane)
      (plane,
       {.dy = run.input(0) + i * plane.out_size(),
        .x = run.input(1) + i * plane.size(),
        .dx = run.output(0) + i * plane.size()},
       scratch->Of(thread));
    });
  });
}

}  // namespace descent::cpu
#endif
