#include "worker/models/initializer.h"

#include <cmath>
#include <variant>

namespace descent {
namespace {

constexpr double kDeviation = 0.02;

}  // namespace

Initializer InitializerOf(const ModelSpec& model) {
  const bool is_gpt = std::holds_alternative<GptSpec>(model.architecture);
  return model.init.value_or(is_gpt ? Initializer::kGpt2 : Initializer::kPytorch);
}

Initialization WeightStart(Initializer initializer, std::int64_t inputs) {
  return BranchEndStart(initializer, inputs, 1);
}

Initialization BiasStart(Initializer initializer, std::int64_t inputs) {
  if (initializer != Initializer::kPytorch) return Initialization::Constant(0);
  return WeightStart(initializer, inputs);
}

Initialization EmbeddingStart(Initializer initializer) {
  if (initializer == Initializer::kZeros) return Initialization::Constant(0);
  return Initialization::Normal(initializer == Initializer::kGpt2 ? kDeviation : 1.0);
}

Initialization ResnetConvolutionStart(Initializer initializer, std::int64_t outputs) {
  if (initializer == Initializer::kZeros) return Initialization::Constant(0);
  if (initializer == Initializer::kGpt2) return Initialization::Normal(kDeviation);
  return Initialization::Normal(std::sqrt(2.0 / static_cast<double>(outputs)));
}

Initialization BranchEndStart(Initializer initializer, std::int64_t inputs, std::int64_t branches) {
  if (initializer == Initializer::kZeros) return Initialization::Constant(0);
  if (initializer == Initializer::kGpt2)
    return Initialization::Normal(kDeviation / std::sqrt(static_cast<double>(branches)));
  return Initialization::Uniform(1.0 / std::sqrt(static_cast<double>(inputs)));
}

}  // namespace descent
