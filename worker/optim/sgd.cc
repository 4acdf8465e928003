#include "worker/optim/sgd.h"

#include "common/check.h"
#include "worker/optim/sgd_kernel.h"

namespace descent {

Sgd::Sgd(const SgdOptions& options) : options_(options) {
  DESCENT_CHECK(0 <= options.momentum && options.momentum < 1);
  DESCENT_CHECK(0 <= options.dampening && options.dampening < 1);
  DESCENT_CHECK(!options.nesterov || (options.momentum > 0 && options.dampening == 0));
}

std::vector<std::string> Sgd::MomentNames() const {
  if (options_.momentum == 0) return {};
  return {"sgd.momentum"};
}

void Sgd::Update(const UpdateStep& step, const UpdateRule& rule, const UpdateArrays& arrays,
                 UpdateStores stores) const {
  const SgdFactors factors = {
      .grad_decay = static_cast<float>(rule.weight_decay),
      .momentum = static_cast<float>(options_.momentum),
      .momentum_rate = step.number == 1 ? 1.0f : static_cast<float>(1 - options_.dampening),
      .step_size = static_cast<float>(step.learning_rate * rule.lr_multiplier),
  };
  if (options_.momentum == 0)
    UpdateSgd(factors, step, arrays, stores);
  else if (options_.nesterov)
    UpdateSgdWithNesterov(factors, step, arrays, stores);
  else
    UpdateSgdWithMomentum(factors, step, arrays, stores);
}

}  // namespace descent
