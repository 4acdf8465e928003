#include "worker/optim/sgd_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/optim/sgd_kernel.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "worker/optim/update_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent {
namespace HWY_NAMESPACE {

template <typename D, typename V>
HWY_INLINE V WithDecay(D d, const SgdFactors& factors, V grad, V weight) {
  return hn::Add(grad, hn::Mul(hn::Set(d, factors.grad_decay), weight));
}

template <typename D, typename V>
HWY_INLINE V NewMomentum(D d, const SgdFactors& factors, V grad, V momentum) {
  return hn::Add(hn::Mul(momentum, hn::Set(d, factors.momentum)),
                 hn::Mul(hn::Set(d, factors.momentum_rate), grad));
}

struct PlainFormula {
  static constexpr std::size_t kMoments = 0;
  const SgdFactors& factors;

  template <typename D, typename V>
  HWY_INLINE V operator()(D d, V grad, V weight, std::array<V, kMomentsMax>&) const {
    const auto decayed = WithDecay(d, factors, grad, weight);
    return hn::Sub(weight, hn::Mul(hn::Set(d, factors.step_size), decayed));
  }
};

struct MomentumFormula {
  static constexpr std::size_t kMoments = 1;
  const SgdFactors& factors;

  template <typename D, typename V>
  HWY_INLINE V operator()(D d, V grad, V weight, std::array<V, kMomentsMax>& moments) const {
    moments[0] = NewMomentum(d, factors, WithDecay(d, factors, grad, weight), moments[0]);
    return hn::Sub(weight, hn::Mul(hn::Set(d, factors.step_size), moments[0]));
  }
};

struct NesterovFormula {
  static constexpr std::size_t kMoments = 1;
  const SgdFactors& factors;

  template <typename D, typename V>
  HWY_INLINE V operator()(D d, V grad, V weight, std::array<V, kMomentsMax>& moments) const {
    const auto decayed = WithDecay(d, factors, grad, weight);
    moments[0] = NewMomentum(d, factors, decayed, moments[0]);
    const auto ahead = hn::Add(decayed, hn::Mul(hn::Set(d, factors.momentum), moments[0]));
    return hn::Sub(weight, hn::Mul(hn::Set(d, factors.step_size), ahead));
  }
};

void UpdatePlainRun(const SgdFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
                    UpdateStores stores) {
  UpdateRun(PlainFormula{factors}, step, arrays, stores);
}

void UpdateMomentumRun(const SgdFactors& factors, const UpdateStep& step,
                       const UpdateArrays& arrays, UpdateStores stores) {
  UpdateRun(MomentumFormula{factors}, step, arrays, stores);
}

void UpdateNesterovRun(const SgdFactors& factors, const UpdateStep& step,
                       const UpdateArrays& arrays, UpdateStores stores) {
  UpdateRun(NesterovFormula{factors}, step, arrays, stores);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent {

HWY_EXPORT(UpdatePlainRun);
HWY_EXPORT(UpdateMomentumRun);
HWY_EXPORT(UpdateNesterovRun);

void UpdateSgd(const SgdFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
               UpdateStores stores) {
  HWY_DYNAMIC_DISPATCH(UpdatePlainRun)(factors, step, arrays, stores);
}

void UpdateSgdWithMomentum(const SgdFactors& factors, const UpdateStep& step,
                           const UpdateArrays& arrays, UpdateStores stores) {
  HWY_DYNAMIC_DISPATCH(UpdateMomentumRun)(factors, step, arrays, stores);
}

void UpdateSgdWithNesterov(const SgdFactors& factors, const UpdateStep& step,
                           const UpdateArrays& arrays, UpdateStores stores) {
  HWY_DYNAMIC_DISPATCH(UpdateNesterovRun)(factors, step, arrays, stores);
}

}  // namespace descent
#endif
