#include "worker/optim/adamw_kernel.h"

// Compiles what stands between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once per instruction
// set, by including this file again; the best one is chosen at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/optim/adamw_kernel.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace descent {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Updates as many weights as D has lanes, from index i. Body and tail differ in D alone, and each
// operation rounds as IEEE says, so they give the same bits.
template <typename D>
HWY_INLINE void UpdateLanes(D d, const AdamWFactors& factors, const AdamWArrays& arrays,
                            std::size_t i) {
  const auto grad = hn::Mul(hn::LoadU(d, arrays.grads + i), hn::Set(d, factors.grad_scale));

  auto mean = hn::LoadU(d, arrays.mean + i);
  mean = hn::Add(mean, hn::Mul(hn::Set(d, factors.mean_rate), hn::Sub(grad, mean)));
  hn::StoreU(mean, d, arrays.mean + i);

  auto variance = hn::LoadU(d, arrays.variance + i);
  const auto squared = hn::Mul(hn::Mul(hn::Set(d, factors.variance_rate), grad), grad);
  variance = hn::Add(hn::Mul(variance, hn::Set(d, factors.variance_keep)), squared);
  hn::StoreU(variance, d, arrays.variance + i);

  const auto root = hn::Div(hn::Sqrt(variance), hn::Set(d, factors.variance_divisor));
  const auto divisor = hn::Add(root, hn::Set(d, factors.epsilon));
  const auto change = hn::Div(hn::Mul(hn::Set(d, factors.step_size), mean), divisor);
  const auto kept = hn::Mul(hn::LoadU(d, arrays.weights + i), hn::Set(d, factors.decay_factor));
  hn::StoreU(hn::Sub(kept, change), d, arrays.weights + i);
}

void UpdateVectors(const AdamWFactors& factors, const AdamWArrays& arrays) {
  const hn::ScalableTag<float> vector;
  const hn::CappedTag<float, 1> single;
  const std::size_t lanes = hn::Lanes(vector);
  std::size_t i = 0;
  for (; i + lanes <= arrays.count; i += lanes) UpdateLanes(vector, factors, arrays, i);
  for (; i < arrays.count; ++i) UpdateLanes(single, factors, arrays, i);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent {

HWY_EXPORT(UpdateVectors);

void UpdateAdamW(const AdamWFactors& factors, const AdamWArrays& arrays) {
  HWY_DYNAMIC_DISPATCH(UpdateVectors)(factors, arrays);
}

}  // namespace descent
#endif
