#include "worker/kernels/cpu/cpu_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/gather.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

void AddInto(const float* x, float* sum, std::size_t count) {
  MapElements(
      count, sum, [](FloatVector a, FloatVector b) HWY_ATTR { return hn::Add(a, b); }, sum, x);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(AddInto);

namespace {

// A tensor [outer, size, inner] of which indices name pieces of the middle axis.
struct IndexedAxis {
  IndexedAxis(const Shape& shape, std::int64_t axis)
      : size(static_cast<std::size_t>(shape[static_cast<std::size_t>(axis)])) {
    const Shape behind(shape.begin() + axis + 1, shape.end());
    inner = static_cast<std::size_t>(ElementCount(behind));
    outer = static_cast<std::size_t>(ElementCount(shape)) / size / inner;
  }

  std::size_t outer = 1;
  std::size_t size;
  std::size_t inner = 1;
};

std::size_t CheckedIndex(std::int32_t index, std::size_t size) {
  DESCENT_CHECK(index >= 0);
  DESCENT_CHECK(static_cast<std::size_t>(index) < size);
  return static_cast<std::size_t>(index);
}

}  // namespace

PreparedStep PrepareGather(const KernelRequest& request) {
  const IndexedAxis axis(request.input(0).shape, request.node.attributes.Integer("axis"));
  const auto indices = static_cast<std::size_t>(ElementCount(request.input(1).shape));
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, axis.outer * indices, RowsPerRun(axis.inner),
               [&](std::size_t first, std::size_t count) {
                 for (std::size_t i = first; i < first + count; ++i) {
                   const std::size_t index = CheckedIndex(run.labels(1)[i % indices], axis.size);
                   const std::size_t row = i / indices * axis.size + index;
                   std::copy_n(run.input(0) + row * axis.inner, axis.inner,
                               run.output(0) + i * axis.inner);
                 }
               });
  });
}

// A thread owns columns of a whole outer piece, because two indices may name one row of it.
PreparedStep PrepareGatherGradient(const KernelRequest& request) {
  const IndexedAxis axis(request.output(0).shape, request.node.attributes.Integer("axis"));
  const auto indices = static_cast<std::size_t>(ElementCount(request.input(0).shape));
  // At least a cache line of columns, so that threads do not share one.
  const std::size_t columns =
      std::min(axis.inner, std::max<std::size_t>(16, RowsPerRun(indices) / 16 * 16));
  const std::size_t runs_per_piece = (axis.inner + columns - 1) / columns;
  return MakeStep([=, mode = request.mode, &pool = request.pool](const StepRun& run) {
    const auto scatter = [&](std::size_t piece, std::size_t column) {
      const std::size_t count = std::min(columns, axis.inner - column);
      float* dx = run.output(0) + piece * axis.size * axis.inner + column;
      const float* dy = run.input(1) + piece * indices * axis.inner + column;
      for (std::size_t row = 0; mode == OutputMode::kWrite && row < axis.size; ++row)
        std::fill_n(dx + row * axis.inner, count, 0.0f);
      for (std::size_t i = 0; i < indices; ++i) {
        const std::size_t row = CheckedIndex(run.labels(0)[i], axis.size);
        HWY_DYNAMIC_DISPATCH(AddInto)(dy + i * axis.inner, dx + row * axis.inner, count);
      }
    };
    ForEachRun(pool, axis.outer * runs_per_piece, RowsPerRun(columns * (indices + axis.size)),
               [&](std::size_t first, std::size_t count) {
                 for (std::size_t i = first; i < first + count; ++i)
                   scatter(i / runs_per_piece, i % runs_per_piece * columns);
               });
  });
}

}  // namespace descent::cpu
#endif
