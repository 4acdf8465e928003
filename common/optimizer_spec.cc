#include "common/optimizer_spec.h"

#include <array>

namespace descent {

std::string_view OptimizerName(const OptimizerSpec& spec) {
  constexpr std::array<std::string_view, 4> kNames = {"adamw", "adam", "sgd", "lion"};
  static_assert(kNames.size() == std::variant_size_v<decltype(spec.algorithm)>);
  return kNames[spec.algorithm.index()];
}

double LearningRateOf(const OptimizerSpec& spec) {
  return std::visit([](const auto& algorithm) { return algorithm.lr; }, spec.algorithm);
}

double WeightDecayOf(const OptimizerSpec& spec) {
  return std::visit([](const auto& algorithm) { return algorithm.weight_decay; }, spec.algorithm);
}

const std::vector<std::string>& NoDecayOf(const OptimizerSpec& spec) {
  const auto of = [](const auto& algorithm) -> const std::vector<std::string>& {
    return algorithm.no_decay;
  };
  return std::visit(of, spec.algorithm);
}

std::string OptimizerStateOf(const OptimizerSpec& spec, const std::optional<EmaSpec>& ema) {
  std::string state(OptimizerName(spec));
  const auto* sgd = std::get_if<SgdSpec>(&spec.algorithm);
  const bool has_momentum = sgd != nullptr && sgd->momentum > 0;
  if (has_momentum) state += " with momentum";
  if (ema) state += has_momentum ? " and ema" : " with ema";
  return state;
}

}  // namespace descent
