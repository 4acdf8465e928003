#pragma once

#include <cstddef>

namespace descent {

// What AdamW's formula (adamw.h) has in common for all weights of one step.
struct AdamWFactors {
  float grad_scale;
  float decay_factor;      // 1 - lr decay
  float mean_rate;         // 1 - b1
  float variance_keep;     // b2
  float variance_rate;     // 1 - b2
  float variance_divisor;  // sqrt(1 - b2^t)
  float epsilon;
  float step_size;  // lr / (1 - b1^t)
};

// A run of weights and what belongs to them, each [count]. Any alignment.
struct AdamWArrays {
  const float* grads;
  float* weights;
  float* mean;
  float* variance;
  std::size_t count;
};

// One step of AdamW, in place, with the widest vectors that the machine has.
void UpdateAdamW(const AdamWFactors& factors, const AdamWArrays& arrays);

}  // namespace descent
