#include "tests/unit/export/exported_model.h"

#include <utility>

#include "worker/models/model.h"

namespace descent {

CheckpointModel InitialModel(const ModelDescription& description) {
  const Graph graph = BuildModel(description.model, description.format, 1).value();
  ParameterLayout layout = MakeParameterLayout(graph);
  AlignedBuffer parameters(layout.element_count);
  InitializeParameters(graph, layout, /*seed=*/3, parameters.span());
  return {.checkpoint = {.job = "tiny", .step = 12},
          .description = description,
          .layout = std::move(layout),
          .parameters = std::move(parameters)};
}

GptSpec TinyGpt() {
  return {.layers = 2, .heads = 2, .embedding_size = 8, .context_length = 8, .dropout = 0.1};
}

ModelDescription DescriptionOf(const GptSpec& gpt) {
  const std::int64_t tokens = gpt.context_length;
  return {.model = {.architecture = gpt},
          .format = {.feature_count = 0,
                     .token_count = tokens,
                     .label_count = tokens,
                     .class_count = 5},
          .vocabulary = Vocabulary::CharactersOf({"abcdü"}).value(),
          .data = std::nullopt};
}

ModelDescription DescriptionOf(const MlpSpec& mlp) {
  return {.model = {.architecture = mlp},
          .format = {.feature_count = 6, .class_count = 3},
          .vocabulary = std::nullopt,
          .data = std::nullopt};
}

}  // namespace descent
