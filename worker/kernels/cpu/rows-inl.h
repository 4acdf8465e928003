// What kernels need that reduce rows, once for each instruction set. Include after
// hwy/foreach_target.h.
#if defined(DESCENT_WORKER_KERNELS_CPU_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_WORKER_KERNELS_CPU_ROWS_INL_H_
#undef DESCENT_WORKER_KERNELS_CPU_ROWS_INL_H_
#else
#define DESCENT_WORKER_KERNELS_CPU_ROWS_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <limits>

#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// NaN stays NaN; Exp alone gives 0 for it.
HWY_INLINE FloatVector ExpOrNan(FloatVector x) {
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(FloatTag(), x));
}

// 1 / (1 + exp(-x)), through exp(-|x|), which cannot overflow. NaN stays NaN.
HWY_INLINE FloatVector Sigmoid(FloatVector x) {
  const FloatTag tag;
  const FloatVector one = hn::Set(tag, 1.0f);
  const FloatVector small = ExpOrNan(hn::Neg(hn::Abs(x)));
  const FloatVector numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(tag)), small, one);
  return hn::Div(numerator, hn::Add(one, small));
}

// A vector of row[i, i + lanes), the places behind the row's end filled with `filler`. So every
// element has its place in a vector, and lanes that are added last give equal bits for any
// alignment.
HWY_INLINE FloatVector LoadPadded(const float* row, std::size_t i, std::size_t size, float filler) {
  const FloatTag tag;
  if (i + hn::Lanes(tag) <= size) return hn::LoadU(tag, row + i);
  HWY_ALIGN float padded[HWY_LANES(float)];
  hn::Store(hn::Set(tag, filler), tag, padded);
  std::memcpy(padded, row + i, (size - i) * sizeof(float));
  return hn::Load(tag, padded);
}

// The sum of a row.
HWY_INLINE FloatVector SumOfRow(const float* row, std::size_t size) {
  const FloatTag tag;
  FloatVector sum = hn::Zero(tag);
  for (std::size_t i = 0; i < size; i += hn::Lanes(tag))
    sum = hn::Add(sum, LoadPadded(row, i, size, 0));
  return hn::SumOfLanes(tag, sum);
}

// The largest of a row, which is taken from exponents so that no exponential overflows. A NaN may
// count or not: the exponentials pass it on.
HWY_INLINE FloatVector ShiftOfRow(const float* row, std::size_t size) {
  const FloatTag tag;
  const float lowest = hwy::LowestValue<float>();
  FloatVector max = hn::Set(tag, lowest);
  for (std::size_t i = 0; i < size; i += hn::Lanes(tag))
    max = hn::Max(max, LoadPadded(row, i, size, lowest));
  return hn::MaxOfLanes(tag, max);
}

// The sum of exp(x - shift) over a row.
HWY_INLINE FloatVector SumOfExp(const float* row, std::size_t size, FloatVector shift) {
  const FloatTag tag;
  FloatVector sum = hn::Zero(tag);
  for (std::size_t i = 0; i < size; i += hn::Lanes(tag)) {
    // A filler of -infinity is exactly 0 after the exponential.
    const FloatVector x = LoadPadded(row, i, size, -std::numeric_limits<float>::infinity());
    sum = hn::Add(sum, ExpOrNan(hn::Sub(x, shift)));
  }
  return hn::SumOfLanes(tag, sum);
}

// NaN stays NaN.
HWY_INLINE FloatVector LogOrNan(FloatVector x) {
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Log(FloatTag(), x));
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#endif
