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
// arena is cut.

// What a step reads and writes: flat arenas, each [weight_count].
struct AdamWArenas {
  std::span<float> weights;
  std::span<float> mean;      // m: running mean of g
  std::span<float> variance;  // v: running mean of g^2, uncentred
};

// The rule alone: who calls it owns the arenas. Immutable, so any thread may call it.
class AdamW {
 public:
  // `no_decay` are ranges of [0, weight_count) that weight decay leaves alone: ascending, not
  // overlapping.
  AdamW(const AdamWOptions& options, std::int64_t weight_count,
        std::span<const IndexRange> no_decay);

  // What step number `step`, counted from 1, does to every weight. `grad_scale`, which is
  // 1 / samples times the clip factor, makes sums means without a pass of its own.
  AdamWFactors FactorsOf(std::int64_t step, double learning_rate, double grad_scale) const;

  // Updates the weights of `range` from `grads` [weight_count], which are sums: reads `from`,
  // writes `to`, which may be `from` itself. A step covers each weight once, in any cut and order;
  // disjoint ranges may run in different threads.
  void UpdateRange(const AdamWFactors& factors, IndexRange range, std::span<const float> grads,
                   const AdamWArenas& from, const AdamWArenas& to) const;

 private:
  // A run of weights with or without decay. Runs tile [0, weight_count).
  struct Run {
    IndexRange range;
    bool decays;
  };

  const AdamWOptions options_;
  const std::int64_t weight_count_;
  std::vector<Run> runs_;
};

}  // namespace descent
