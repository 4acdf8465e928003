#include "worker/optim/lion.h"

#include "common/check.h"
#include "worker/optim/lion_kernel.h"

namespace descent {

Lion::Lion(const LionOptions& options) : options_(options) {
  DESCENT_CHECK(0 <= options.beta1 && options.beta1 < 1);
  DESCENT_CHECK(0 <= options.beta2 && options.beta2 < 1);
}

std::vector<std::string> Lion::MomentNames() const { return {"lion.momentum"}; }

void Lion::Update(const UpdateStep& step, const UpdateRule& rule, const UpdateArrays& arrays,
                  UpdateStores stores) const {
  const double lr = step.learning_rate * rule.lr_multiplier;
  const LionFactors factors = {
      .weight_keep = static_cast<float>(1 - lr * rule.weight_decay),
      .direction_keep = static_cast<float>(options_.beta1),
      .direction_rate = static_cast<float>(1 - options_.beta1),
      .momentum_keep = static_cast<float>(options_.beta2),
      .momentum_rate = static_cast<float>(1 - options_.beta2),
      .step_size = static_cast<float>(lr),
  };
  UpdateLion(factors, step, arrays, stores);
}

}  // namespace descent
