#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "common/job_spec.h"
#include "worker/optim/update_rules.h"

namespace descent {

inline constexpr std::size_t kMomentsMax = 2;

// What one update has in common for all weights. The gradient g of every formula is
//   g = clip(grad_scale * sum, -grad_limit, grad_limit)
// where grad_scale, which is 1 / samples times the clip factor, makes sums over samples means
// without a pass of its own.
struct UpdateStep {
  std::int64_t number = 1;  // counted from 1
  double learning_rate = 0.0;
  double grad_scale = 1.0;
  double mean_scale = 1.0;  // 1 / samples: of the sums that running averages follow
  double grad_limit = std::numeric_limits<double>::infinity();  // > 0
  double average_rate = 1.0;  // of the average of the weights, if there is one
};

// A run of weights and what belongs to them, each [count]. Any alignment. The new values may be
// written over the old ones, or elsewhere.
struct UpdateArrays {
  const float* grads;  // sums over samples
  const float* weights;
  std::array<const float*, kMomentsMax> moments;  // as many as the optimizer has
  const float* average = nullptr;                 // null if there is none
  float* new_weights;
  std::array<float*, kMomentsMax> new_moments;
  float* new_average = nullptr;
  std::size_t count;
};

enum class UpdateStores {
  kCached,
  kStreaming,  // past the caches: for new values elsewhere, too many to be read from them
};

// Whatever the optimizer, an average a of the weights moves on with the new weight w:
//   a = a + average_rate (w - a)      at rate 1 a = w, exactly
// Source: torch.optim.swa_utils.get_ema_multi_avg_fn, where the rate is 1 - decay and the average
// starts as the weights after the first step.

// A formula that makes new weights of weights, gradients and moments, element by element. Moments
// are zero before the first step. One pass reads and writes each value once. Every operation is
// rounded by itself in f32 (no fused multiply-add), so the bits depend neither on the instruction
// set nor on alignment nor on how the arena is cut, and 0 stays 0 where all of the element is 0.
// Factors without weight, gradient or moment are computed in double and rounded once. Immutable:
// any thread may call it.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // What it keeps of each weight besides the weight, at most kMomentsMax: "adamw.mean". The names
  // stand before those of the parameters in a checkpoint.
  virtual std::vector<std::string> MomentNames() const = 0;

  // Updates a run under a rule of the kind kOptimized. `stores` does not change bits.
  virtual void Update(const UpdateStep& step, const UpdateRule& rule, const UpdateArrays& arrays,
                      UpdateStores stores) const = 0;
};

std::unique_ptr<const Optimizer> MakeOptimizer(const OptimizerSpec& spec);

}  // namespace descent
