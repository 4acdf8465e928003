#include <algorithm>
#include <cstdint>

#include "worker/kernels/cpu/block.h"
#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/bias.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/column_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

void AddBiasRows(const Block& x, const float* bias, float* y) {
  const auto add = [](FloatVector a, FloatVector b) HWY_ATTR { return hn::Add(a, b); };
  for (std::size_t row = 0; row < x.rows; ++row) {
    MapElements(x.columns, y + row * x.stride, add, x.data + row * x.stride, bias);
  }
}

// The elements of a block, as they are.
template <typename T>
struct BlockTerms {
  explicit BlockTerms(const BlockOf<T>& block) : x(block), rows(block.rows) {}

  HWY_INLINE void Ask(std::size_t row, std::size_t column, std::size_t columns) const {
    AskForRow(x.data + row * x.stride + column, columns);
  }
  HWY_INLINE FloatVector Vector(std::size_t row, std::size_t column) const {
    return LoadFloats(x.data + row * x.stride + column);
  }
  HWY_INLINE float One(std::size_t row, std::size_t column) const {
    return LoadFloat(x.data + row * x.stride + column);
  }

  const BlockOf<T> x;
  const std::size_t rows;
};

void SumColumns(const Block& x, OutputMode mode, float* sums) {
  SumTerms(BlockTerms<float>(x), x.columns, mode, sums);
}

void SumBFloat16Columns(const BlockOf<std::uint16_t>& x, OutputMode mode, float* sums) {
  SumTerms(BlockTerms<std::uint16_t>(x), x.columns, mode, sums);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(AddBiasRows);
HWY_EXPORT(SumColumns);
HWY_EXPORT(SumBFloat16Columns);

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
  const bool is_bfloat16 = request.input(0).type == DataType::kBFloat16;
  // At least a cache line of columns, so that threads do not share one, and enough of them that
  // several sums are on the way at once.
  const std::size_t run_columns = std::max<std::size_t>(64, RowsPerRun(rows) / 64 * 64);
  return MakeStep([=, mode = request.mode, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, columns, run_columns, [&](std::size_t first, std::size_t count) {
      float* sums = run.output(0) + first;
      if (is_bfloat16) {
        const auto* x = static_cast<const std::uint16_t*>(run.inputs[0]);
        HWY_DYNAMIC_DISPATCH(SumBFloat16Columns)({x + first, rows, count, columns}, mode, sums);
      } else {
        HWY_DYNAMIC_DISPATCH(SumColumns)({run.input(0) + first, rows, count, columns}, mode, sums);
      }
    });
  });
}

}  // namespace descent::cpu
#endif
