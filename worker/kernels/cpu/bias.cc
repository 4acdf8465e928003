#include "worker/kernels/cpu/cpu_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/bias.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

void AddBiasRows(const float* x, const float* bias, float* y, std::size_t rows,
                 std::size_t columns) {
  for (std::size_t row = 0; row < rows; ++row) {
    MapElements(
        columns, y + row * columns,
        [](FloatVector a, FloatVector b) HWY_ATTR { return hn::Add(a, b); }, x + row * columns,
        bias);
  }
}

// Sums of `count` columns, each over the rows in order; `x` points to the first of the columns.
// Accumulates if asked: the old value is added last.
void SumColumns(const float* x, float* sums, std::size_t rows, std::size_t stride,
                std::size_t count, bool accumulate) {
  const FloatTag tag;
  const std::size_t lanes = hn::Lanes(tag);
  std::size_t column = 0;
  for (; column + lanes <= count; column += lanes) {
    FloatVector sum = hn::Zero(tag);
    for (std::size_t row = 0; row < rows; ++row) {
      sum = hn::Add(sum, hn::LoadU(tag, x + row * stride + column));
    }
    if (accumulate) sum = hn::Add(sum, hn::LoadU(tag, sums + column));
    hn::StoreU(sum, tag, sums + column);
  }
  for (; column < count; ++column) {
    float sum = 0;
    for (std::size_t row = 0; row < rows; ++row) sum += x[row * stride + column];
    sums[column] = accumulate ? sum + sums[column] : sum;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(AddBiasRows);
HWY_EXPORT(SumColumns);

PreparedStep PrepareAddBias(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  return MakeStep([rows, columns, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, rows, RowsPerRun(columns), [&](std::size_t first, std::size_t count) {
      HWY_DYNAMIC_DISPATCH(AddBiasRows)
      (run.input(0) + first * columns, run.input(1), run.output(0) + first * columns, count,
       columns);
    });
  });
}

PreparedStep PrepareColumnSum(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  const bool accumulate = request.mode == OutputMode::kAccumulate;
  // At least a cache line of columns, so that threads do not share one.
  const std::size_t run_columns = std::max<std::size_t>(16, RowsPerRun(rows) / 16 * 16);
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, columns, run_columns, [&](std::size_t first, std::size_t count) {
      HWY_DYNAMIC_DISPATCH(SumColumns)
      (run.input(0) + first, run.output(0) + first, rows, columns, count, accumulate);
    });
  });
}

}  // namespace descent::cpu
#endif
