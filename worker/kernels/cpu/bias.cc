#include <algorithm>
#include <cstdint>

#include "worker/kernels/bfloat16.h"
#include "worker/kernels/cpu/block.h"
#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/bias.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/bfloat16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

void AddBiasRows(const Block& x, const float* bias, float* y) {
  const auto add = [](FloatVector a, FloatVector b) HWY_ATTR { return hn::Add(a, b); };
  for (std::size_t row = 0; row < x.rows; ++row) {
    MapElements(x.columns, y + row * x.stride, add, x.data + row * x.stride, bias);
  }
}

// A vector of a row, as f32.
HWY_INLINE FloatVector LoadRow(const float* row) { return hn::LoadU(FloatTag(), row); }
HWY_INLINE FloatVector LoadRow(const std::uint16_t* row) {
  return WidenVector(hn::LoadU(BFloat16Tag(), row));
}

HWY_INLINE float ToFloat(float value) { return value; }
HWY_INLINE float ToFloat(std::uint16_t value) { return FromBFloat16(value); }

// The sums of kVectors vectors of columns, each over the rows in order.
template <std::size_t kVectors, typename T>
HWY_INLINE void SumVectors(const BlockOf<T>& x, OutputMode mode, float* sums) {
  const FloatTag tag;
  const std::size_t lanes = hn::Lanes(tag);
  FloatVector sum0 = hn::Zero(tag), sum1 = hn::Zero(tag);
  FloatVector sum2 = hn::Zero(tag), sum3 = hn::Zero(tag);
  const T* row = x.data;
  for (std::size_t i = 0; i < x.rows; ++i, row += x.stride) {
    sum0 = hn::Add(sum0, LoadRow(row));
    if constexpr (kVectors == 1) continue;
    sum1 = hn::Add(sum1, LoadRow(row + lanes));
    sum2 = hn::Add(sum2, LoadRow(row + 2 * lanes));
    sum3 = hn::Add(sum3, LoadRow(row + 3 * lanes));
  }
  const auto store = [&](FloatVector sum, float* to) HWY_ATTR {
    if (mode == OutputMode::kAccumulate) sum = hn::Add(sum, hn::LoadU(tag, to));
    hn::StoreU(sum, tag, to);
  };
  store(sum0, sums);
  if constexpr (kVectors == 1) return;
  store(sum1, sums + lanes);
  store(sum2, sums + 2 * lanes);
  store(sum3, sums + 3 * lanes);
}

// Sums of the columns, each over the rows in order. Where it accumulates, the old value is added
// last.
template <typename T>
HWY_INLINE void SumColumnsOf(const BlockOf<T>& x, OutputMode mode, float* sums) {
  const std::size_t lanes = hn::Lanes(FloatTag());
  const auto from = [&](std::size_t column) {
    return BlockOf<T>{x.data + column, x.rows, x.columns - column, x.stride};
  };
  std::size_t column = 0;
  for (; column + 4 * lanes <= x.columns; column += 4 * lanes)
    SumVectors<4>(from(column), mode, sums + column);
  for (; column + lanes <= x.columns; column += lanes)
    SumVectors<1>(from(column), mode, sums + column);
  for (; column < x.columns; ++column) {
    float sum = 0;
    for (std::size_t row = 0; row < x.rows; ++row) sum += ToFloat(x.data[row * x.stride + column]);
    sums[column] = mode == OutputMode::kAccumulate ? sum + sums[column] : sum;
  }
}

void SumColumns(const Block& x, OutputMode mode, float* sums) { SumColumnsOf(x, mode, sums); }

void SumBFloat16Columns(const BlockOf<std::uint16_t>& x, OutputMode mode, float* sums) {
  SumColumnsOf(x, mode, sums);
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
