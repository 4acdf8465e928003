#include "worker/optim/optimizer.h"

#include "worker/optim/adam.h"
#include "worker/optim/lion.h"
#include "worker/optim/sgd.h"

namespace descent {
namespace {

template <typename AdamLike>
std::unique_ptr<const Optimizer> MakeAdam(const AdamLike& spec, AdamOptions::Decay decay) {
  return std::make_unique<Adam>(AdamOptions{
      .decay = decay, .beta1 = spec.betas[0], .beta2 = spec.betas[1], .epsilon = spec.eps});
}

std::unique_ptr<const Optimizer> Make(const AdamWSpec& adamw) {
  return MakeAdam(adamw, AdamOptions::Decay::kDecoupled);
}

std::unique_ptr<const Optimizer> Make(const AdamSpec& adam) {
  return MakeAdam(adam, AdamOptions::Decay::kInGradient);
}

std::unique_ptr<const Optimizer> Make(const SgdSpec& sgd) {
  return std::make_unique<Sgd>(
      SgdOptions{.momentum = sgd.momentum, .dampening = sgd.dampening, .nesterov = sgd.nesterov});
}

std::unique_ptr<const Optimizer> Make(const LionSpec& lion) {
  return std::make_unique<Lion>(LionOptions{.beta1 = lion.betas[0], .beta2 = lion.betas[1]});
}

}  // namespace

std::unique_ptr<const Optimizer> MakeOptimizer(const OptimizerSpec& spec) {
  return std::visit([](const auto& algorithm) { return Make(algorithm); }, spec.algorithm);
}

}  // namespace descent
