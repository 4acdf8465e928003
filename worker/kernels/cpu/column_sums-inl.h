// Sums over rows, once for each instruction set. Include after hwy/foreach_target.h.
#if defined(DESCENT_WORKER_KERNELS_CPU_COLUMN_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_WORKER_KERNELS_CPU_COLUMN_SUMS_INL_H_
#undef DESCENT_WORKER_KERNELS_CPU_COLUMN_SUMS_INL_H_
#else
#define DESCENT_WORKER_KERNELS_CPU_COLUMN_SUMS_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstddef>

#include "worker/kernels/cpu/bfloat16-inl.h"
#include "worker/kernels/kernel.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// Rows lie pages apart, where the processor does not see which comes next.
constexpr std::size_t kRowsAhead = 8;

// Asks for the columns of a row before they are needed; the row may lie behind the last.
template <typename T>
HWY_INLINE void AskForRow(const T* row, std::size_t columns) {
  constexpr std::size_t kLineBytes = 64;
  for (std::size_t i = 0; i < columns; i += kLineBytes / sizeof(T)) hwy::Prefetch(row + i);
}

// The sums of kVectors vectors of columns, each over the rows in order. Terms: `rows`, and of a row
// and a column Vector(row, column), One(row, column) and Ask(row, column, columns).
template <std::size_t kVectors, typename Terms>
HWY_INLINE void SumVectors(const Terms& terms, std::size_t column, OutputMode mode, float* sums) {
  const FloatTag tag;
  const std::size_t lanes = hn::Lanes(tag);
  FloatVector sum0 = hn::Zero(tag), sum1 = hn::Zero(tag);
  FloatVector sum2 = hn::Zero(tag), sum3 = hn::Zero(tag);
  for (std::size_t row = 0; row < terms.rows; ++row) {
    terms.Ask(row + kRowsAhead, column, kVectors * lanes);
    sum0 = hn::Add(sum0, terms.Vector(row, column));
    if constexpr (kVectors == 1) continue;
    sum1 = hn::Add(sum1, terms.Vector(row, column + lanes));
    sum2 = hn::Add(sum2, terms.Vector(row, column + 2 * lanes));
    sum3 = hn::Add(sum3, terms.Vector(row, column + 3 * lanes));
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

// Sums of the first `columns` columns, each over the rows in order. Where it accumulates, the old
// value is added last.
template <typename Terms>
HWY_INLINE void SumTerms(const Terms& terms, std::size_t columns, OutputMode mode, float* sums) {
  const std::size_t lanes = hn::Lanes(FloatTag());
  std::size_t column = 0;
  for (; column + 4 * lanes <= columns; column += 4 * lanes)
    SumVectors<4>(terms, column, mode, sums + column);
  for (; column + lanes <= columns; column += lanes)
    SumVectors<1>(terms, column, mode, sums + column);
  for (; column < columns; ++column) {
    float sum = 0;
    for (std::size_t row = 0; row < terms.rows; ++row) sum += terms.One(row, column);
    sums[column] = mode == OutputMode::kAccumulate ? sum + sums[column] : sum;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#endif
