#include "worker/models/huggingface_gpt2.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/check.h"

namespace descent {
namespace {

constexpr std::array<std::string_view, 4> kTransposed = {
    ".attn.c_attn.weight", ".attn.c_proj.weight", ".mlp.c_fc.weight", ".mlp.c_proj.weight"};

}  // namespace

Status CheckIsGpt2(const GptSpec& gpt) {
  std::string problems;
  const auto want = [&](bool holds, std::string_view field, std::string_view found,
                        std::string_view wanted) {
    if (holds) return;
    if (!problems.empty()) problems += "; ";
    problems += "model.gpt." + std::string(field) + " is " + std::string(found) + ", must be " +
                std::string(wanted);
  };
  const auto name = [](const auto& names, auto value) {
    return names[static_cast<std::size_t>(value)];
  };
  want(gpt.positions == GptPositions::kLearned, "positions",
       name(kGptPositionsNames, gpt.positions), "learned");
  want(gpt.activation != GptActivation::kSwiglu, "activation",
       name(kGptActivationNames, gpt.activation), "gelu or gelu_tanh");
  want(gpt.norm == GptNorm::kLayerNorm, "norm", name(kGptNormNames, gpt.norm), "layer_norm");
  want(gpt.biases == GptBiases::kAll, "biases", name(kGptBiasesNames, gpt.biases), "all");
  if (problems.empty()) return Status();
  return Status(Code::kInvalidArgument, "GPT-2 has no such model: " + problems);
}

bool IsTransposedInHuggingFace(std::string_view parameter) {
  return std::ranges::any_of(kTransposed,
                             [&](std::string_view end) { return parameter.ends_with(end); });
}

std::string_view HuggingFaceActivation(GptActivation activation) {
  DESCENT_CHECK(activation != GptActivation::kSwiglu);
  return activation == GptActivation::kGelu ? "gelu" : "gelu_new";
}

}  // namespace descent
