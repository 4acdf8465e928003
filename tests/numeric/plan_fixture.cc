#include "tests/numeric/plan_fixture.h"

#include <cstddef>

#include "worker/graph/sample_source.h"
#include "worker/models/model.h"

namespace descent {

Graph Problem::BuildGraph(std::int64_t batch_rows) const {
  return BuildModel(model, format, batch_rows).value();
}

ParameterLayout Problem::Layout() const { return MakeParameterLayout(BuildGraph(1)); }

std::vector<float> Problem::Parameters() const {
  const ParameterLayout layout = Layout();
  std::vector<float> parameters(static_cast<std::size_t>(layout.element_count));
  InitializeParameters(BuildGraph(1), layout, /*seed=*/4, parameters);
  return parameters;
}

std::vector<float> Problem::Features() const {
  const SampledTensor sampled = SampleSource(1).Reals({rows, format.feature_count});
  return {sampled.values.begin(), sampled.values.end()};
}

std::vector<std::int32_t> Problem::Tokens() const {
  const SampledTensor sampled =
      SampleSource(3).Labels(rows * format.token_count, format.class_count);
  return {sampled.values.begin(), sampled.values.end()};
}

std::vector<std::int32_t> Problem::Labels() const {
  const SampledTensor sampled =
      SampleSource(2).Labels(rows * format.label_count, format.class_count);
  return {sampled.values.begin(), sampled.values.end()};
}

Problem SmallMlp(Activation activation, double dropout) {
  ModelSpec model;
  model.architecture =
      MlpSpec{.hidden_sizes = {33, 17}, .activation = activation, .dropout = dropout};
  return {.model = model, .format = {.feature_count = 21, .class_count = 5}, .rows = 12};
}

Problem LargeMlp() {
  ModelSpec model;
  model.architecture =
      MlpSpec{.hidden_sizes = {520, 300}, .activation = Activation::kGelu, .dropout = 0.1};
  return {.model = model, .format = {.feature_count = 784, .class_count = 10}, .rows = 150};
}

namespace {

Problem MakeGpt(const GptSpec& spec, std::int64_t vocabulary, std::int64_t rows) {
  ModelSpec model;
  model.architecture = spec;
  return {.model = model,
          .format = {.token_count = spec.context_length,
                     .label_count = spec.context_length,
                     .class_count = vocabulary},
          .rows = rows};
}

}  // namespace

Problem SmallGpt(double dropout) {
  return MakeGpt(
      {.layers = 2, .heads = 3, .embedding_size = 21, .context_length = 7, .dropout = dropout},
      /*vocabulary=*/11, /*rows=*/5);
}

Problem SmallLlama(double dropout) {
  return MakeGpt({.layers = 2,
                  .heads = 3,
                  .embedding_size = 18,
                  .context_length = 7,
                  .feed_forward_size = 29,
                  .dropout = dropout,
                  .positions = GptPositions::kRotary,
                  .activation = GptActivation::kSwiglu,
                  .norm = GptNorm::kRmsNorm,
                  .head = GptHead::kUntied,
                  .biases = GptBiases::kNone},
                 /*vocabulary=*/11, /*rows=*/5);
}

Problem LargeLlama() {
  return MakeGpt({.layers = 2,
                  .heads = 4,
                  .embedding_size = 160,
                  .context_length = 50,
                  .dropout = 0.1,
                  .positions = GptPositions::kRotary,
                  .activation = GptActivation::kSwiglu,
                  .norm = GptNorm::kRmsNorm,
                  .head = GptHead::kUntied},
                 /*vocabulary=*/300, /*rows=*/6);
}

Problem LargeGpt() {
  return MakeGpt(
      {.layers = 2, .heads = 4, .embedding_size = 160, .context_length = 50, .dropout = 0.1},
      /*vocabulary=*/300, /*rows=*/6);
}

namespace {

Problem MakeConvnet(const ConvnetSpec& spec, const ImageShape& image, std::int64_t rows) {
  ModelSpec model;
  model.architecture = spec;
  return {.model = model,
          .format = {.feature_count = image.channels * image.height * image.width,
                     .class_count = 7,
                     .image = image},
          .rows = rows};
}

}  // namespace

Problem SmallConvnet(double dropout) {
  return MakeConvnet({.layers = {{.channels = 5, .pool = 2}, {.channels = 3}},
                      .hidden_sizes = {11},
                      .batch_norm = true,
                      .dropout = dropout},
                     {.channels = 2, .height = 9, .width = 7}, /*rows=*/5);
}

Problem LargeConvnet() {
  return MakeConvnet({.layers = {{.channels = 20, .pool = 2}, {.channels = 33, .stride = 2}},
                      .hidden_sizes = {130},
                      .activation = Activation::kGelu,
                      .batch_norm = true,
                      .dropout = 0.1},
                     {.channels = 3, .height = 29, .width = 31}, /*rows=*/21);
}

CompiledProblem::CompiledProblem(const Problem& problem, PlanKind kind, int threads,
                                 std::int64_t rows)
    : problem_(problem),
      kind_(kind),
      rows_(rows),
      layout_(problem.Layout()),
      parameters_(problem.Parameters()),
      features_(problem.Features()),
      tokens_(problem.Tokens()),
      labels_(problem.Labels()),
      pool_(threads),
      plan_(Plan::Compile(problem.BuildGraph(rows), layout_, kind, pool_,
                          {problem.model.activation_checkpointing, problem.model.precision})
                .value()) {}

Outcome CompiledProblem::EmptyOutcome() const {
  const auto rows = static_cast<std::size_t>(rows_);
  const bool predicts = kind_ == PlanKind::kPredict;
  const bool has_top_five = kind_ == PlanKind::kEvaluate && problem_.format.class_count > 5;
  const auto logits_per_row =
      static_cast<std::size_t>(problem_.format.label_count * problem_.format.class_count);
  return {.gradients = std::vector<float>(IsTraining(kind_) ? parameters_.size() : 0),
          .losses = std::vector<float>(predicts ? 0 : rows),
          .correct = std::vector<float>(predicts ? 0 : rows),
          .top_five = std::vector<float>(has_top_five ? rows : 0),
          .logits = std::vector<float>(predicts ? rows * logits_per_row : 0)};
}

PlanRun CompiledProblem::RunOn(std::int64_t first_row, Outcome& outcome) const {
  const auto rows = static_cast<std::size_t>(rows_);
  const auto first = static_cast<std::size_t>(first_row);
  const auto part = [&](const auto& values, std::int64_t columns) {
    const auto width = static_cast<std::size_t>(columns);
    return std::span(values).subspan(first * width, rows * width);
  };
  const bool has_labels = kind_ != PlanKind::kPredict;
  return {.features = part(features_, problem_.format.feature_count),
          .tokens = part(tokens_, problem_.format.token_count),
          .labels = part(labels_, has_labels ? problem_.format.label_count : 0),
          .parameters = parameters_,
          .gradients = outcome.gradients,
          .losses = outcome.losses,
          .correct = outcome.correct,
          .top_five = outcome.top_five,
          .logits = outcome.logits,
          .seed = 11,
          .step = 3,
          .first_position = first_row,
          .on_bucket_ready = {}};
}

Outcome CompiledProblem::Run() {
  Outcome outcome = EmptyOutcome();
  plan_->Run(RunOn(0, outcome));
  return outcome;
}

}  // namespace descent
