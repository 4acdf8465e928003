#include "tests/numeric/plan_fixture.h"

#include <cstddef>

#include "worker/graph/sample_source.h"
#include "worker/models/model.h"

namespace descent {

Graph Problem::BuildGraph(std::int64_t batch_rows) const {
  return BuildModel(model, features, classes, batch_rows).value();
}

ParameterLayout Problem::Layout() const { return MakeParameterLayout(BuildGraph(1)); }

std::vector<float> Problem::Parameters() const {
  const ParameterLayout layout = Layout();
  std::vector<float> parameters(static_cast<std::size_t>(layout.element_count));
  InitializeParameters(BuildGraph(1), layout, /*seed=*/4, parameters);
  return parameters;
}

std::vector<float> Problem::Features() const {
  const SampledTensor sampled = SampleSource(1).Reals({rows, features});
  return {sampled.values.begin(), sampled.values.end()};
}

std::vector<std::int32_t> Problem::Labels() const {
  const SampledTensor sampled = SampleSource(2).Labels(rows, classes);
  return {sampled.values.begin(), sampled.values.end()};
}

Problem SmallMlp(Activation activation, double dropout) {
  ModelSpec model;
  model.architecture =
      MlpSpec{.hidden_sizes = {33, 17}, .activation = activation, .dropout = dropout};
  return {.model = model, .features = 21, .classes = 5, .rows = 12};
}

Problem LargeMlp() {
  ModelSpec model;
  model.architecture =
      MlpSpec{.hidden_sizes = {520, 300}, .activation = Activation::kGelu, .dropout = 0.1};
  return {.model = model, .features = 784, .classes = 10, .rows = 150};
}

CompiledProblem::CompiledProblem(const Problem& problem, PlanKind kind, int threads,
                                 std::int64_t rows)
    : problem_(problem),
      kind_(kind),
      rows_(rows),
      layout_(problem.Layout()),
      parameters_(problem.Parameters()),
      features_(problem.Features()),
      labels_(problem.Labels()),
      pool_(threads),
      plan_(Plan::Compile(problem.BuildGraph(rows), layout_, kind, pool_).value()) {}

Outcome CompiledProblem::EmptyOutcome() const {
  const auto rows = static_cast<std::size_t>(rows_);
  const bool trains = kind_ != PlanKind::kEvaluate;
  return {.gradients = std::vector<float>(trains ? parameters_.size() : 0),
          .losses = std::vector<float>(rows),
          .correct = std::vector<float>(rows)};
}

PlanRun CompiledProblem::RunOn(std::int64_t first_row, Outcome& outcome) const {
  const auto rows = static_cast<std::size_t>(rows_);
  const auto first = static_cast<std::size_t>(first_row);
  const auto columns = static_cast<std::size_t>(problem_.features);
  return {.features = std::span(features_).subspan(first * columns, rows * columns),
          .labels = std::span(labels_).subspan(first, rows),
          .parameters = parameters_,
          .gradients = outcome.gradients,
          .losses = outcome.losses,
          .correct = outcome.correct,
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
