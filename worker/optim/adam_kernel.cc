#include "worker/optim/adam_kernel.h"

// Compiles what stands between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once per instruction
// set, by including this file again; the best one is chosen at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/optim/adam_kernel.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "worker/optim/update_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent {
namespace HWY_NAMESPACE {

// How far the weights move against the gradient, whose mean and variance are moved on.
template <typename D, typename V>
HWY_INLINE V AdamChange(D d, const AdamFactors& factors, V grad,
                        std::array<V, kMomentsMax>& moments) {
  auto& [mean, variance] = moments;
  mean = hn::Add(mean, hn::Mul(hn::Set(d, factors.mean_rate), hn::Sub(grad, mean)));
  const auto squared = hn::Mul(hn::Mul(hn::Set(d, factors.variance_rate), grad), grad);
  variance = hn::Add(hn::Mul(variance, hn::Set(d, factors.variance_keep)), squared);
  const auto root = hn::Div(hn::Sqrt(variance), hn::Set(d, factors.variance_divisor));
  const auto divisor = hn::Add(root, hn::Set(d, factors.epsilon));
  return hn::Div(hn::Mul(hn::Set(d, factors.step_size), mean), divisor);
}

struct AdamWFormula {
  static constexpr std::size_t kMoments = 2;
  const AdamFactors& factors;

  template <typename D, typename V>
  HWY_INLINE V operator()(D d, V grad, V weight, std::array<V, kMomentsMax>& moments) const {
    const auto kept = hn::Mul(weight, hn::Set(d, factors.weight_keep));
    return hn::Sub(kept, AdamChange(d, factors, grad, moments));
  }
};

struct AdamFormula {
  static constexpr std::size_t kMoments = 2;
  const AdamFactors& factors;

  template <typename D, typename V>
  HWY_INLINE V operator()(D d, V grad, V weight, std::array<V, kMomentsMax>& moments) const {
    const auto decay = hn::Mul(hn::Set(d, factors.grad_decay), weight);
    return hn::Sub(weight, AdamChange(d, factors, hn::Add(grad, decay), moments));
  }
};

void UpdateAdamWRun(const AdamFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
                    UpdateStores stores) {
  UpdateRun(AdamWFormula{factors}, step, arrays, stores);
}

void UpdateAdamRun(const AdamFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
                   UpdateStores stores) {
  UpdateRun(AdamFormula{factors}, step, arrays, stores);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent {

HWY_EXPORT(UpdateAdamWRun);
HWY_EXPORT(UpdateAdamRun);

void UpdateAdamW(const AdamFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
                 UpdateStores stores) {
  HWY_DYNAMIC_DISPATCH(UpdateAdamWRun)(factors, step, arrays, stores);
}

void UpdateAdam(const AdamFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
                UpdateStores stores) {
  HWY_DYNAMIC_DISPATCH(UpdateAdamRun)(factors, step, arrays, stores);
}

}  // namespace descent
#endif
