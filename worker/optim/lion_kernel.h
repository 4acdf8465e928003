#pragma once

#include "worker/optim/optimizer.h"

namespace descent {

// What Lion's formula (lion.h) has in common for all weights of one step under one rule.
struct LionFactors {
  float weight_keep;     // 1 - lr decay
  float direction_keep;  // b1
  float direction_rate;  // 1 - b1
  float momentum_keep;   // b2
  float momentum_rate;   // 1 - b2
  float step_size;       // lr
};

// One step with the widest vectors that the machine has.
void UpdateLion(const LionFactors& factors, const UpdateStep& step, const UpdateArrays& arrays,
                UpdateStores stores);

}  // namespace descent
