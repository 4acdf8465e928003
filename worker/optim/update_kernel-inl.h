// The loop over a run of weights that all optimizers share, once for each instruction set. Include
// after hwy/foreach_target.h.
#if defined(DESCENT_WORKER_OPTIM_UPDATE_KERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_WORKER_OPTIM_UPDATE_KERNEL_INL_H_
#undef DESCENT_WORKER_OPTIM_UPDATE_KERNEL_INL_H_
#else
#define DESCENT_WORKER_OPTIM_UPDATE_KERNEL_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "worker/optim/optimizer.h"

HWY_BEFORE_NAMESPACE();
namespace descent {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

struct CachedStore {
  template <typename D, typename V>
  HWY_INLINE void operator()(V value, D d, float* place) const {
    hn::StoreU(value, d, place);
  }
};

struct StreamingStore {  // places are aligned to vectors
  template <typename D, typename V>
  HWY_INLINE void operator()(V value, D d, float* place) const {
    hn::Stream(value, d, place);
  }
};

// What `Formula` is: kMoments, the number of moments that it reads and writes, and
//   V operator()(D d, V gradient, V weight, std::array<V, kMomentsMax>& moments)
// which makes the moments new ones and returns the new weight.

// What the average of the weights becomes; see optimizer.h.
template <typename D, typename V>
HWY_INLINE V MovedAverage(D d, const UpdateStep& step, V average, V weight) {
  if (step.average_rate == 1) return weight;
  const auto rate = hn::Set(d, static_cast<float>(step.average_rate));
  return hn::Add(average, hn::Mul(rate, hn::Sub(weight, average)));
}

// Updates as many weights as D has lanes, from index i. Body and tail differ in D alone, and each
// operation rounds as IEEE says, so they give the same bits.
template <typename Formula, typename D, typename Store>
HWY_INLINE void UpdateLanes(D d, Store store, const Formula& formula, const UpdateStep& step,
                            const UpdateArrays& arrays, std::size_t i) {
  const auto limit = hn::Set(d, static_cast<float>(step.grad_limit));
  const auto scaled =
      hn::Mul(hn::LoadU(d, arrays.grads + i), hn::Set(d, static_cast<float>(step.grad_scale)));
  const auto gradient = hn::Clamp(scaled, hn::Neg(limit), limit);
  std::array<hn::Vec<D>, kMomentsMax> moments;
  for (std::size_t m = 0; m < Formula::kMoments; ++m)
    moments[m] = hn::LoadU(d, arrays.moments[m] + i);
  const auto weight = formula(d, gradient, hn::LoadU(d, arrays.weights + i), moments);
  for (std::size_t m = 0; m < Formula::kMoments; ++m)
    store(moments[m], d, arrays.new_moments[m] + i);
  store(weight, d, arrays.new_weights + i);
  if (arrays.average == nullptr) return;
  store(MovedAverage(d, step, hn::LoadU(d, arrays.average + i), weight), d, arrays.new_average + i);
}

template <typename Formula, typename Store>
HWY_INLINE void UpdateVectors(Store store, const Formula& formula, const UpdateStep& step,
                              const UpdateArrays& arrays) {
  const hn::ScalableTag<float> vector;
  const hn::CappedTag<float, 1> single;
  const std::size_t lanes = hn::Lanes(vector);
  std::size_t i = 0;
  for (; i + lanes <= arrays.count; i += lanes)
    UpdateLanes(vector, store, formula, step, arrays, i);
  for (; i < arrays.count; ++i) UpdateLanes(single, CachedStore(), formula, step, arrays, i);
}

inline bool IsAligned(const float* place) {
  const std::size_t vector_bytes = hn::Lanes(hn::ScalableTag<float>()) * sizeof(float);
  return reinterpret_cast<std::uintptr_t>(place) % vector_bytes == 0;
}

template <typename Formula>
HWY_INLINE void UpdateRun(const Formula& formula, const UpdateStep& step,
                          const UpdateArrays& arrays, UpdateStores stores) {
  bool streams = stores == UpdateStores::kStreaming && IsAligned(arrays.new_weights) &&
                 IsAligned(arrays.new_average);
  for (std::size_t m = 0; m < Formula::kMoments; ++m)
    streams = streams && IsAligned(arrays.new_moments[m]);
  if (!streams) return UpdateVectors(CachedStore(), formula, step, arrays);
  UpdateVectors(StreamingStore(), formula, step, arrays);
  hwy::FlushStream();  // before anybody else is told of the values
}

}  // namespace HWY_NAMESPACE
}  // namespace descent
HWY_AFTER_NAMESPACE();

#endif
