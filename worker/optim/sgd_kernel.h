#pragma once

#include "worker/optim/optimizer.h"

namespace descent {

// What the formulas of sgd.h have in common for all weights of one step under one rule.
struct SgdFactors {
  float grad_decay;
  float momentum;
  float momentum_rate;  // 1 - dampening, at the first step 1
  float step_size;      // lr
};

// One step with the widest vectors that the machine has. Plain descent has no moments.
void UpdateSgd(const SgdFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
               UpdateStores stores);
void UpdateSgdWithMomentum(const SgdFactors& factors, const UpdateStep& step,
                           const UpdateArrays& arrays, UpdateStores stores);
void UpdateSgdWithNesterov(const SgdFactors& factors, const UpdateStep& step,
                           const UpdateArrays& arrays, UpdateStores stores);

}  // namespace descent
