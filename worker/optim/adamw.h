#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/shard_planner.h"
#include "worker/optim/adamw_kernel.h"

namespace descent {

struct AdamWOptions {
  double beta1 = 0.9;         // in [0, 1)
  double beta2 = 0.999;       // in [0, 1)
  double epsilon = 1e-8;      // > 0, added after bias correction, outside the root
  double weight_decay = 0.0;  // >= 0, decoupled, scaled by the learning rate
};

// Adam with decoupled weight decay over a flat arena. At step t, counted from 1, with weight w and
// g = grad_scale * gradient:
//   w = w (1 - lr decay)          where decay applies, else w = w
//   m = m + (1 - b1) (g - m)      v = b2 v + (1 - b2) g^2
//   w = w - (lr / (1 - b1^t)) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
// in f32, in this order, which is that of torch.optim.AdamW of PyTorch 2 on a CPU. Factors without
// w, g, m or v are computed in double and rounded once.
// Source: Loshchilov and Hutter 2019, Algorithm 2, with decay scaled by lr as in PyTorch.
//
// One pass reads and writes each value once. Every operation is rounded by itself (no fused
// multiply-add), so the bits depend neither on the instruction set nor on alignment nor on how the
// arena is cut. Holds two floats per weight.
class AdamW {
 public:
  // `no_decay` are ranges of [0, weight_count) that weight decay leaves alone: ascending, not
  // overlapping.
  AdamW(const AdamWOptions& options, std::int64_t weight_count,
        std::span<const IndexRange> no_decay);

  // Updates `weights` in place from `grads`, both [weight_count], which are sums: `grad_scale`,
  // which is 1 / samples times the clip factor, makes them means without a pass of its own.
  void Step(double learning_rate, double grad_scale, std::span<const float> grads,
            std::span<float> weights);

  // The same in parts: one thread begins the step, then UpdateRange covers [0, weight_count) once,
  // in any cut and order; disjoint ranges may run in different threads. Spans are [weight_count].
  AdamWFactors BeginStep(double learning_rate, double grad_scale);
  void UpdateRange(const AdamWFactors& factors, IndexRange range, std::span<const float> grads,
                   std::span<float> weights);

  // The state that a checkpoint holds, between steps: means and variances [weight_count].
  std::int64_t steps_done() const { return steps_done_; }
  std::span<const float> mean() const { return mean_; }
  std::span<const float> variance() const { return variance_; }
  void Restore(std::int64_t steps_done, std::span<const float> mean,
               std::span<const float> variance);

 private:
  // A run of weights with or without decay. Runs tile [0, weight_count).
  struct Run {
    IndexRange range;
    bool decays;
  };

  const AdamWOptions options_;
  std::vector<Run> runs_;
  std::int64_t steps_done_ = 0;
  std::vector<float> mean_;      // m: running mean of g
  std::vector<float> variance_;  // v: running mean of g^2, uncentred
};

}  // namespace descent
