#include "worker/optim/adamw_kernel.h"

#include <cstdint>

// Compiles what stands between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once per instruction
// set, by including this file again; the best one is chosen at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/optim/adamw_kernel.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>

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

// Updates as many weights as D has lanes, from index i. Body and tail differ in D alone, and each
// operation rounds as IEEE says, so they give the same bits.
template <typename D, typename Store>
HWY_INLINE void UpdateLanes(D d, Store store, const AdamWFactors& factors,
                            const AdamWArrays& arrays, std::size_t i) {
  const auto grad = hn::Mul(hn::LoadU(d, arrays.grads + i), hn::Set(d, factors.grad_scale));

  auto mean = hn::LoadU(d, arrays.mean + i);
  mean = hn::Add(mean, hn::Mul(hn::Set(d, factors.mean_rate), hn::Sub(grad, mean)));
  store(mean, d, arrays.new_mean + i);

  auto variance = hn::LoadU(d, arrays.variance + i);
  const auto squared = hn::Mul(hn::Mul(hn::Set(d, factors.variance_rate), grad), grad);
  variance = hn::Add(hn::Mul(variance, hn::Set(d, factors.variance_keep)), squared);
  store(variance, d, arrays.new_variance + i);

  const auto root = hn::Div(hn::Sqrt(variance), hn::Set(d, factors.variance_divisor));
  const auto divisor = hn::Add(root, hn::Set(d, factors.epsilon));
  const auto change = hn::Div(hn::Mul(hn::Set(d, factors.step_size), mean), divisor);
  const auto kept = hn::Mul(hn::LoadU(d, arrays.weights + i), hn::Set(d, factors.decay_factor));
  store(hn::Sub(kept, change), d, arrays.new_weights + i);
}

template <typename Store>
HWY_INLINE void UpdateVectors(Store store, const AdamWFactors& factors, const AdamWArrays& arrays) {
  const hn::ScalableTag<float> vector;
  const hn::CappedTag<float, 1> single;
  const std::size_t lanes = hn::Lanes(vector);
  std::size_t i = 0;
  for (; i + lanes <= arrays.count; i += lanes) UpdateLanes(vector, store, factors, arrays, i);
  for (; i < arrays.count; ++i) UpdateLanes(single, CachedStore(), factors, arrays, i);
}

void UpdateCached(const AdamWFactors& factors, const AdamWArrays& arrays) {
  UpdateVectors(CachedStore(), factors, arrays);
}

bool IsAligned(const float* place) {
  const std::size_t vector_bytes = hn::Lanes(hn::ScalableTag<float>()) * sizeof(float);
  return reinterpret_cast<std::uintptr_t>(place) % vector_bytes == 0;
}

// The fence comes before anybody else is told of the values.
void UpdateStreaming(const AdamWFactors& factors, const AdamWArrays& arrays) {
  const bool is_aligned =
      IsAligned(arrays.new_weights) && IsAligned(arrays.new_mean) && IsAligned(arrays.new_variance);
  if (!is_aligned) return UpdateCached(factors, arrays);
  UpdateVectors(StreamingStore(), factors, arrays);
  hwy::FlushStream();
}

}  // namespace HWY_NAMESPACE
}  // namespace descent
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent {

HWY_EXPORT(UpdateCached);
HWY_EXPORT(UpdateStreaming);

void UpdateAdamW(const AdamWFactors& factors, const AdamWArrays& arrays, AdamWStores stores) {
  if (stores == AdamWStores::kStreaming)
    HWY_DYNAMIC_DISPATCH(UpdateStreaming)(factors, arrays);
  else
    HWY_DYNAMIC_DISPATCH(UpdateCached)(factors, arrays);
}

}  // namespace descent
#endif
