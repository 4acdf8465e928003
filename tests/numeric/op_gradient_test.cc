#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "tests/numeric/reference_interpreter.h"
#include "worker/graph/sample_source.h"
#include "worker/ops/differentiate.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

constexpr int kSamples = 25;

// A central difference in f64 is good to about h^2 = 1e-8 times the third derivative, plus 1e-16 /
// h of rounding in sums of up to a few hundred terms of order one.
constexpr double kStep = 1e-4;
constexpr double kTolerance = 1e-6;

// One node on sampled operands and a loss that depends on all of its first output.
struct Trial {
  Graph graph;
  ReferenceValues values;            // of the inputs
  std::vector<ValueId> real_inputs;  // those that have gradients
  ValueId loss;
};

ValueId AddInput(Trial& trial, const SampledTensor& tensor, bool has_gradient) {
  const std::string name = "input_" + std::to_string(trial.graph.value_count());
  const ValueId id = trial.graph.AddInput(name, tensor.type);
  trial.values.resize(static_cast<std::size_t>(id.index));
  trial.values.push_back(tensor.values);
  if (has_gradient) trial.real_inputs.push_back(id);
  return id;
}

// Gives every element another weight in the sum that is differentiated, so that a rule which mixes
// up elements is caught.
ValueId Weigh(Trial& trial, ValueId output, SampleSource& source) {
  const Shape shape = trial.graph.value(output).type.shape;
  const ValueId weights = AddInput(trial, source.Reals(shape), /*has_gradient=*/false);
  return Mul(trial.graph, output, weights).value();
}

Trial MakeTrial(const OpDef& op, std::uint64_t seed) {
  SampleSource source(seed);
  Trial trial;
  const OpSample sample = op.sample(source);
  std::vector<ValueId> operands;
  for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
    const SampledTensor& tensor = sample.inputs[i];
    const bool is_constant =
        op.first_constant_input >= 0 && static_cast<int>(i) >= op.first_constant_input;
    const bool has_gradient = tensor.type.type == DataType::kFloat32 && !is_constant;
    operands.push_back(AddInput(trial, tensor, has_gradient));
  }
  const ValueId output = trial.graph.AddNode(op, operands, sample.attributes).value()[0];
  trial.loss = Weigh(trial, output, source);
  return trial;
}

double LossOf(const Trial& trial, ReferenceValues values) {
  Interpret(trial.graph, {.seed = 1, .step = 2, .first_position = 3}, values);
  const std::vector<double>& losses = values[static_cast<std::size_t>(trial.loss.index)];
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

double CentralDifference(const Trial& trial, std::size_t input, std::size_t element) {
  ReferenceValues above = trial.values;
  ReferenceValues below = trial.values;
  above[input][element] += kStep;
  below[input][element] -= kStep;
  return (LossOf(trial, std::move(above)) - LossOf(trial, std::move(below))) / (2 * kStep);
}

void ExpectGradientsMatchDifferences(const Trial& trial) {
  const Differentiated differentiated =
      Differentiate(trial.graph, trial.loss, trial.real_inputs).value();
  ReferenceValues values = trial.values;
  Interpret(differentiated.graph, {.seed = 1, .step = 2, .first_position = 3}, values);
  for (std::size_t i = 0; i < trial.real_inputs.size(); ++i) {
    const auto input = static_cast<std::size_t>(trial.real_inputs[i].index);
    const auto gradient = static_cast<std::size_t>(differentiated.gradients[i].index);
    for (std::size_t element = 0; element < values[input].size(); ++element) {
      ASSERT_NEAR(values[gradient][element], CentralDifference(trial, input, element), kTolerance)
          << trial.graph.ToString() << "input " << i << " element " << element;
    }
  }
}

class OpGradientTest : public testing::TestWithParam<const OpDef*> {};

TEST_P(OpGradientTest, TheGradientRuleAgreesWithCentralDifferences) {
  for (std::uint64_t seed = 0; seed < kSamples; ++seed) {
    const Trial trial = MakeTrial(*GetParam(), seed);

    ExpectGradientsMatchDifferences(trial);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

std::vector<const OpDef*> DifferentiableOps() {
  std::vector<const OpDef*> ops;
  for (const OpDef* op : AllOps()) {
    if (op->gradient != nullptr) ops.push_back(op);
  }
  return ops;
}

INSTANTIATE_TEST_SUITE_P(EveryOp, OpGradientTest, testing::ValuesIn(DifferentiableOps()),
                         [](const auto& param) { return std::string(param.param->name); });

}  // namespace
}  // namespace descent
