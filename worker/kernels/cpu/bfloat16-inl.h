// Vectors of bf16, once for each instruction set. Include after hwy/foreach_target.h.
#if defined(DESCENT_WORKER_KERNELS_CPU_BFLOAT16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_WORKER_KERNELS_CPU_BFLOAT16_INL_H_
#undef DESCENT_WORKER_KERNELS_CPU_BFLOAT16_INL_H_
#else
#define DESCENT_WORKER_KERNELS_CPU_BFLOAT16_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "worker/kernels/bfloat16.h"
#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

using BFloat16Tag = hn::Rebind<std::uint16_t, FloatTag>;  // as many lanes as a vector of f32
using BFloat16Vector = hn::Vec<BFloat16Tag>;

// As FromBFloat16, a vector at a time.
HWY_INLINE FloatVector WidenVector(BFloat16Vector halves) {
  const hn::RebindToUnsigned<FloatTag> bits_tag;
  return hn::BitCast(FloatTag(), hn::ShiftLeft<16>(hn::PromoteTo(bits_tag, halves)));
}

// As ToBFloat16, a vector at a time.
HWY_INLINE BFloat16Vector RoundVector(FloatVector values) {
  const hn::RebindToUnsigned<FloatTag> bits_tag;
  const auto bits = hn::BitCast(bits_tag, values);
  const auto is_odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(bits_tag, 1));
  const auto rounded = hn::Add(hn::Add(bits, hn::Set(bits_tag, 0x7fff)), is_odd);
  const auto quiet = hn::Or(bits, hn::Set(bits_tag, 0x400000));
  const auto is_nan = hn::RebindMask(bits_tag, hn::IsNaN(values));
  const auto upper = hn::ShiftRight<16>(hn::IfThenElse(is_nan, quiet, rounded));
  return hn::TruncateTo(BFloat16Tag(), upper);
}

// Elements that are stored as f32 or as bf16, in f32: a vector, or one.
HWY_INLINE FloatVector LoadFloats(const float* from) { return hn::LoadU(FloatTag(), from); }
HWY_INLINE FloatVector LoadFloats(const std::uint16_t* from) {
  return WidenVector(hn::LoadU(BFloat16Tag(), from));
}
HWY_INLINE float LoadFloat(const float* from) { return *from; }
HWY_INLINE float LoadFloat(const std::uint16_t* from) { return FromBFloat16(*from); }

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#endif
