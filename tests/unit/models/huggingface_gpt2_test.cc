#include "worker/models/huggingface_gpt2.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "worker/models/model.h"

namespace descent {
namespace {

GptSpec TinyGpt() {
  return {.layers = 1, .heads = 2, .embedding_size = 8, .context_length = 4, .dropout = 0};
}

TEST(HuggingFaceGpt2Test, TheWeightsOfLinearMapsInLayersAreTransposed) {
  GptSpec gpt = TinyGpt();
  gpt.head = GptHead::kUntied;
  const Graph graph =
      BuildModel({.architecture = gpt},
                 {.feature_count = 0, .token_count = 4, .label_count = 4, .class_count = 5}, 1)
          .value();

  std::set<std::string> transposed;
  for (const ValueId id : graph.parameters())
    if (IsTransposedInHuggingFace(graph.value(id).name)) transposed.insert(graph.value(id).name);

  EXPECT_EQ(transposed,
            (std::set<std::string>{
                "transformer.h.0.attn.c_attn.weight", "transformer.h.0.attn.c_proj.weight",
                "transformer.h.0.mlp.c_fc.weight", "transformer.h.0.mlp.c_proj.weight"}));
}

TEST(HuggingFaceGpt2Test, BothGelusHaveANameThere) {
  EXPECT_EQ(HuggingFaceActivation(GptActivation::kGelu), "gelu");
  EXPECT_EQ(HuggingFaceActivation(GptActivation::kGeluTanh), "gelu_new");
}

TEST(HuggingFaceGpt2Test, EverySettingThatIsLackingIsNamed) {
  GptSpec gpt = TinyGpt();
  EXPECT_TRUE(CheckIsGpt2(gpt).ok());

  gpt.activation = GptActivation::kSwiglu;
  gpt.norm = GptNorm::kRmsNorm;

  EXPECT_EQ(CheckIsGpt2(gpt).message(),
            "GPT-2 has no such model: model.gpt.activation is swiglu, must be gelu or gelu_tanh; "
            "model.gpt.norm is rms_norm, must be layer_norm");
}

}  // namespace
}  // namespace descent
