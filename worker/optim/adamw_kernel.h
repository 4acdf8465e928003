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

// A run of weights and what belongs to them, each [count]. Any alignment. The new values may be
// written over the old ones, or elsewhere.
struct AdamWArrays {
  const float* grads;
  const float* weights;
  const float* mean;
  const float* variance;
  float* new_weights;
  float* new_mean;
  float* new_variance;
  std::size_t count;
};

enum class AdamWStores {
  kCached,
  kStreaming,  // past the caches: for new values elsewhere, too many to be read from them
};

// One step of AdamW with the widest vectors that the machine has. `stores` does not change bits.
void UpdateAdamW(const AdamWFactors& factors, const AdamWArrays& arrays, AdamWStores stores);

}  // namespace descent
