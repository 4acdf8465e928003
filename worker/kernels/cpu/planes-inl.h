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

// The sum of f(in0[i], in1[i], ...) over a plane: f32 lane by lane, of every fourth vector into
// each of four sums, because one would wait for itself; the lanes last. What is left is loaded
// through vectors whose places behind the end hold `filler` in every input: f of it must be 0.
template <typename F, typename... Inputs>
HWY_INLINE float SumOverPlane(std::size_t size, float filler, const F& f, const Inputs*... inputs) {
  const FloatTag tag;
  const std::size_t lanes = hn::Lanes(tag);
  FloatVector sum0 = hn::Zero(tag), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  std::size_t i = 0;
  for (; i + 4 * lanes <= size; i += 4 * lanes) {
    sum0 = hn::Add(sum0, f(hn::LoadU(tag, inputs + i)...));
    sum1 = hn::Add(sum1, f(hn::LoadU(tag, inputs + i + lanes)...));
    sum2 = hn::Add(sum2, f(hn::LoadU(tag, inputs + i + 2 * lanes)...));
    sum3 = hn::Add(sum3, f(hn::LoadU(tag, inputs + i + 3 * lanes)...));
  }
  for (; i < size; i += lanes) sum0 = hn::Add(sum0, f(LoadPadded(inputs, i, size, filler)...));
  const FloatVector sum = hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3));
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
