#pragma once

#include "worker/optim/optimizer.h"

namespace descent {

// What Adam's formula (adam.h) has in common for all weights of one step under one rule.
struct AdamFactors {
  float grad_decay;        // decay, if it is part of the gradient
  float weight_keep;       // 1 - lr decay, if it is decoupled
  float mean_rate;         // 1 - b1
  float variance_keep;     // b2
  float variance_rate;     // 1 - b2
  float variance_divisor;  // sqrt(1 - b2^t)
  float epsilon;
  float step_size;  // lr / (1 - b1^t)
};

// One step with the widest vectors that the machine has: without grad_decay, and without
// weight_keep. The moments are the mean and the variance.
void UpdateAdamW(const AdamFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
                 UpdateStores stores);
void UpdateAdam(const AdamFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
                UpdateStores stores);

}  // namespace descent
