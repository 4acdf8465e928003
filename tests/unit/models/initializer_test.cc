#include "worker/models/initializer.h"

#include <gtest/gtest.h>

#include <string_view>

#include "worker/models/model.h"

namespace descent {
namespace {

constexpr SampleFormat kImages = {.feature_count = 16, .class_count = 10};
constexpr SampleFormat kText = {.token_count = 4, .label_count = 4, .class_count = 10};

ModelSpec TinyGptModel() {
  return {.architecture =
              GptSpec{.layers = 2, .heads = 1, .embedding_size = 16, .context_length = 4}};
}

Initialization StartOf(const ModelSpec& model, const SampleFormat& format, std::string_view name) {
  const Graph graph = BuildModel(model, format, 1).value();
  for (const ValueId id : graph.parameters()) {
    if (graph.value(id).name == name) return graph.value(id).initialization;
  }
  ADD_FAILURE() << "no parameter " << name;
  return {};
}

using Kind = Initialization::Kind;

void ExpectStart(const Initialization& found, Kind kind, double scale) {
  EXPECT_EQ(found.kind, kind);
  EXPECT_NEAR(found.scale, scale, 1e-12);
}

TEST(InitializerTest, AnMlpStartsAsPyTorchUnlessToldOtherwise) {
  ModelSpec model{.architecture = MlpSpec{}};
  ExpectStart(StartOf(model, kImages, "layers.0.weight"), Kind::kUniform, 0.25);
  ExpectStart(StartOf(model, kImages, "layers.0.bias"), Kind::kUniform, 0.25);

  model.init = Initializer::kGpt2;
  ExpectStart(StartOf(model, kImages, "layers.0.weight"), Kind::kNormal, 0.02);
  ExpectStart(StartOf(model, kImages, "layers.0.bias"), Kind::kConstant, 0);
}

TEST(InitializerTest, AGptStartsAsGpt2UnlessToldOtherwise) {
  ModelSpec model = TinyGptModel();
  ExpectStart(StartOf(model, kText, "transformer.wte.weight"), Kind::kNormal, 0.02);
  ExpectStart(StartOf(model, kText, "transformer.h.1.mlp.c_fc.bias"), Kind::kConstant, 0);
  ExpectStart(StartOf(model, kText, "transformer.h.1.mlp.c_proj.weight"), Kind::kNormal, 0.01);

  model.init = Initializer::kPytorch;
  ExpectStart(StartOf(model, kText, "transformer.wte.weight"), Kind::kNormal, 1);
  ExpectStart(StartOf(model, kText, "transformer.h.1.mlp.c_fc.bias"), Kind::kUniform, 0.25);
  ExpectStart(StartOf(model, kText, "transformer.h.1.mlp.c_proj.weight"), Kind::kUniform, 0.125);
}

TEST(InitializerTest, ZerosIsZeroForWeightsBiasesAndEmbeddings) {
  ModelSpec model = TinyGptModel();
  model.init = Initializer::kZeros;

  for (const char* name : {"transformer.wte.weight", "transformer.h.1.mlp.c_fc.bias",
                           "transformer.h.1.mlp.c_proj.weight"})
    ExpectStart(StartOf(model, kText, name), Kind::kConstant, 0);
}

TEST(InitializerTest, NormsStartAlikeByAny) {
  for (const Initializer init : {Initializer::kPytorch, Initializer::kGpt2, Initializer::kZeros}) {
    ModelSpec model = TinyGptModel();
    model.init = init;
    ExpectStart(StartOf(model, kText, "transformer.ln_f.weight"), Kind::kConstant, 1);
    ExpectStart(StartOf(model, kText, "transformer.ln_f.bias"), Kind::kConstant, 0);
  }
}

}  // namespace
}  // namespace descent
