#include "worker/kernels/cpu/bfloat16_run.h"

#include "worker/kernels/bfloat16.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/bfloat16_run.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/bfloat16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

void WidenElements(const std::uint16_t* from, std::size_t count, float* to) {
  const std::size_t lanes = hn::Lanes(FloatTag());
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(WidenVector(hn::LoadU(BFloat16Tag(), from + i)), FloatTag(), to + i);
  for (; i < count; ++i) to[i] = FromBFloat16(from[i]);
}

void RoundElements(const float* from, std::size_t count, std::uint16_t* to) {
  const std::size_t lanes = hn::Lanes(FloatTag());
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(RoundVector(hn::LoadU(FloatTag(), from + i)), BFloat16Tag(), to + i);
  for (; i < count; ++i) to[i] = ToBFloat16(from[i]);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(WidenElements);
HWY_EXPORT(RoundElements);

void WidenRun(const std::uint16_t* from, std::size_t count, float* to) {
  HWY_DYNAMIC_DISPATCH(WidenElements)(from, count, to);
}

void RoundRun(const float* from, std::size_t count, std::uint16_t* to) {
  HWY_DYNAMIC_DISPATCH(RoundElements)(from, count, to);
}

}  // namespace descent::cpu
#endif
