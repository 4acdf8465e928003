#include "worker/optim/adam.h"

#include <cmath>

#include "common/check.h"
#include "worker/optim/adam_kernel.h"
#include "worker/optim/deterministic_math.h"

namespace descent {

Adam::Adam(const AdamOptions& options) : options_(options) {
  DESCENT_CHECK(0 <= options.beta1 && options.beta1 < 1);
  DESCENT_CHECK(0 <= options.beta2 && options.beta2 < 1);
  DESCENT_CHECK(options.epsilon > 0);
}

std::vector<std::string> Adam::MomentNames() const {
  if (options_.decay == AdamOptions::Decay::kDecoupled) return {"adamw.mean", "adamw.variance"};
  return {"adam.mean", "adam.variance"};
}

// In double: 1 - b2^t is about 1e-3 at t = 1, where float keeps too few digits.
void Adam::Update(const UpdateStep& step, const UpdateRule& rule, const UpdateArrays& arrays,
                  UpdateStores stores) const {
  const double lr = step.learning_rate * rule.lr_multiplier;
  const double mean_correction = 1 - PowerOf(options_.beta1, step.number);
  const double variance_correction = 1 - PowerOf(options_.beta2, step.number);
  const AdamFactors factors = {
      .grad_decay = static_cast<float>(rule.weight_decay),
      .weight_keep = static_cast<float>(1 - lr * rule.weight_decay),
      .mean_rate = static_cast<float>(1 - options_.beta1),
      .variance_keep = static_cast<float>(options_.beta2),
      .variance_rate = static_cast<float>(1 - options_.beta2),
      .variance_divisor = static_cast<float>(std::sqrt(variance_correction)),
      .epsilon = static_cast<float>(options_.epsilon),
      .step_size = static_cast<float>(lr / mean_correction),
  };
  if (options_.decay == AdamOptions::Decay::kDecoupled)
    UpdateAdamW(factors, step, arrays, stores);
  else
    UpdateAdam(factors, step, arrays, stores);
}

}  // namespace descent
