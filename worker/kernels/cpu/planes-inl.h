// Sums over planes of images, once for each instruction set. Include after hwy/foreach_target.h.
#if defined(DESCENT_WORKER_KERNELS_CPU_PLANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_WORKER_KERNELS_CPU_PLANES_INL_H_
#undef DESCENT_WORKER_KERNELS_CPU_PLANES_INL_H_
#else
#define DESCENT_WORKER_KERNELS_CPU_PLANES_INL_H_
#endif

#include "worker/kernels/cpu/channel.h"
#include "worker/kernels/cpu/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// The sum of f(in0[i], in1[i], ...) over a plane: f32 lane by lane, the lanes last. Where a plane
// is short of a vector, element by element through vectors of one filled lane. `filler` is what
// places behind the end hold in every input: f of it must be 0.
template <typename F, typename... Inputs>
HWY_INLINE float SumOverPlane(std::size_t size, float filler, const F& f, const Inputs*... inputs) {
  const FloatTag tag;
  FloatVector sum = hn::Zero(tag);
  for (std::size_t i = 0; i < size; i += hn::Lanes(tag))
    sum = hn::Add(sum, f(LoadPadded(inputs, i, size, filler)...));
  return hn::GetLane(hn::SumOfLanes(tag, sum));
}

// The sum over the planes of a channel, in double from one plane to the next.
template <typename F, typename... Inputs>
HWY_INLINE double SumOverChannel(const ChannelLayout& layout, float filler, const F& f,
                                 const Inputs*... inputs) {
  double sum = 0;
  for (std::size_t sample = 0; sample < layout.samples; ++sample) {
    const std::size_t offset = sample * layout.stride;
    sum += double{SumOverPlane(layout.plane, filler, f, (inputs + offset)...)};
  }
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#endif
