#include "worker/optim/lion_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/optim/lion_kernel.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "worker/optim/update_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent {
namespace HWY_NAMESPACE {

struct LionFormula {
  static constexpr std::size_t kMoments = 1;
  const LionFactors& factors;

  template <typename D, typename V>
  HWY_INLINE V operator()(D d, V grad, V weight, std::array<V, kMomentsMax>& moments) const {
    auto& momentum = moments[0];
    const auto direction = hn::Add(hn::Mul(momentum, hn::Set(d, factors.direction_keep)),
                                   hn::Mul(hn::Set(d, factors.direction_rate), grad));
    momentum = hn::Add(hn::Mul(momentum, hn::Set(d, factors.momentum_keep)),
                       hn::Mul(hn::Set(d, factors.momentum_rate), grad));
    const auto change = hn::IfThenElseZero(hn::Ne(direction, hn::Zero(d)),
                                           hn::CopySign(hn::Set(d, factors.step_size), direction));
    return hn::Sub(hn::Mul(weight, hn::Set(d, factors.weight_keep)), change);
  }
};

void UpdateLionRun(const LionFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
                   UpdateStores stores) {
  UpdateRun(LionFormula{factors}, step, arrays, stores);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent {

HWY_EXPORT(UpdateLionRun);

void UpdateLion(const LionFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
                UpdateStores stores) {
  HWY_DYNAMIC_DISPATCH(UpdateLionRun)(factors, step, arrays, stores);
}

}  // namespace descent
#endif
