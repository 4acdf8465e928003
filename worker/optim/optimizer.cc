#include "worker/optim/optimizer.h"

#include "worker/optim/adam.h"

namespace descent {

std::unique_ptr<const Optimizer> MakeOptimizer(const OptimizerSpec& spec) {
  return std::make_unique<Adam>(AdamOptions{.decay = AdamOptions::Decay::kDecoupled,
                                            .beta1 = spec.adamw.betas[0],
                                            .beta2 = spec.adamw.betas[1],
                                            .epsilon = spec.adamw.eps});
}

}  // namespace descent
