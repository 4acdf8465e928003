// Loops over elements, once for each instruction set. Include after hwy/foreach_target.h.
#if defined(DESCENT_WORKER_KERNELS_CPU_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_WORKER_KERNELS_CPU_ELEMENTWISE_INL_H_
#undef DESCENT_WORKER_KERNELS_CPU_ELEMENTWISE_INL_H_
#else
#define DESCENT_WORKER_KERNELS_CPU_ELEMENTWISE_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using FloatTag = hn::ScalableTag<float>;
using FloatVector = hn::Vec<FloatTag>;

// out[i] = f(in0[i], in1[i], ...). The tail goes through a padded vector and the same arithmetic,
// so an element's bits do not depend on where in the run it lies. `out` may be one of the inputs.
template <typename F, typename... Inputs>
HWY_INLINE void MapElements(std::size_t count, float* out, const F& f, const Inputs*... inputs) {
  const FloatTag tag;
  const std::size_t lanes = hn::Lanes(tag);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(f(hn::LoadU(tag, inputs + i)...), tag, out + i);
  }
  if (i == count) return;
  const auto load_tail = [&](const float* from) HWY_ATTR {
    HWY_ALIGN float padded[HWY_LANES(float)] = {};
    std::memcpy(padded, from + i, (count - i) * sizeof(float));
    return hn::Load(tag, padded);
  };
  HWY_ALIGN float result[HWY_LANES(float)];
  hn::Store(f(load_tail(inputs)...), tag, result);
  std::memcpy(out + i, result, (count - i) * sizeof(float));
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#endif
