#include "worker/kernels/cpu/block.h"
#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/bias.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

void AddBiasRows(const Block& x, const float* bias, float* y) {
  const auto add = [](FloatVector a, FloatVector b) HWY_ATTR { return hn::Add(a, b); };
  for (std::size_t row = 0; row < x.rows; ++row) {
    MapElements(x.columns, y + row * x.stride, add, x.data + row * x.stride, bias);
  }
}

// Sums of the columns, each over the rows in order. Where it accumulates, the old value is added
// last.
void SumColumns(const Block& x, OutputMode mode, float* sums) {
  const FloatTag tag;
  const std::size_t lanes = hn::Lanes(tag);
  const bool accumulates = mode == OutputMode::kAccumulate;
  std::size_t column = 0;
  for (; column + lanes <= x.columns; column += lanes) {
    FloatVector sum = hn::Zero(tag);
    for (std::size_t row = 0; row < x.rows; ++row) {
      sum = hn::Add(sum, hn::LoadU(tag, x.data + row * x.stride + column));
    }
    if (accumulates) sum = hn::Add(sum, hn::LoadU(tag, sums + column));
    hn::StoreU(sum, tag, sums + column);
  }
  for (; column < x.columns; ++column) {
    float sum = 0;
    for (std::size_t row = 0; row < x.rows; ++row) sum += x.data[row * x.stride + column];
    sums[column] = accumulates ? sum + sums[column] : sum;
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
  return MakeRowStep({rows, {columns, 0}, {columns}}, request.pool,
                     [columns](const StepRun& run, std::size_t, std::size_t count) {
                       HWY_DYNAMIC_DISPATCH(AddBiasRows)
                       ({run.input(0), count, columns, columns}, run.input(1), run.output(0));
                     });
}

PreparedStep PrepareColumnSum(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  // At least a cache line of columns, so that threads do not share one.
  const std::size_t run_columns = std::max<std::size_t>(16, RowsPerRun(rows) / 16 * 16);
  return MakeStep([=, mode = request.mode, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, columns, run_columns, [&](std::size_t first, std::size_t count) {
      HWY_DYNAMIC_DISPATCH(SumColumns)
      ({run.input(0) + first, rows, count, columns}, mode, run.output(0) + first);
    });
  });
}

}  // namespace descent::cpu
#endif
