#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/numeric/reference_interpreter.h"
#include "worker/graph/sample_source.h"
#include "worker/kernels/bfloat16.h"
#include "worker/kernels/instruction_set.h"
#include "worker/kernels/widened_step.h"
#include "worker/ops/loss_ops.h"

// The head of a classifier whose products multiply bf16: x, the weight, dx and logits are stored in
// bf16, losses and the gradient of the weight in f32.

namespace descent {
namespace {

constexpr std::int64_t kRows = 37, kWidth = 24, kClasses = 101, kChunkRows = 16;

// A logit is off by a rounding, its gradient by two such and its own, relative to the largest; sums
// over rows and classes average these out.
constexpr double kLossTolerance = 0x1p-7;
constexpr double kGradientTolerance = 0x1p-5;

using Halves = std::vector<std::uint16_t>;

struct Outcome {
  std::vector<float> weight_gradients, losses, correct;
  Halves input_gradients;

  bool operator==(const Outcome&) const = default;
};

class BFloat16HeadTest : public testing::Test {
 protected:
  BFloat16HeadTest() {
    SampleSource source(3);
    SampledTensor x = RoundedReals(source, {kRows, kWidth});
    SampledTensor weight = RoundedReals(source, {kClasses, kWidth});
    tensors_ = {x, weight, source.Labels(kRows, kClasses), source.Reals({kRows})};
    std::vector<ValueId> inputs;
    for (const SampledTensor& tensor : tensors_)
      inputs.push_back(graph_.AddInput("input", tensor.type));
    const Attributes attributes = {{"smoothing", 0.1}, {"chunk_rows", kChunkRows}};
    DESCENT_CHECK(graph_.AddNode(LinearCrossEntropyOp(), inputs, attributes).ok());
  }

  void SetUp() override {
    if (!HasBFloat16Products()) GTEST_SKIP() << "the machine has no products of bf16 operands";
  }

  // The gradient of the weight begins as `before`.
  Outcome Run(int threads, OutputMode mode = OutputMode::kWrite, float before = 0) const {
    const Node& node = graph_.nodes()[0];
    Graph stored = graph_;
    for (const ValueId id : {node.inputs[0], node.inputs[1], node.outputs[1], node.outputs[4]})
      stored.StoreAs(id, DataType::kBFloat16);
    ThreadPool pool(threads);
    WideningScratch scratch;
    const auto step =
        PrepareOnStored(*FindKernel(node.op->name), {graph_, node, mode, pool}, stored, scratch)
            .value();
    EXPECT_EQ(scratch.element_count(), 0) << "nothing is widened as a whole";
    const Halves x = HalvesOf(tensors_[0]), weight = HalvesOf(tensors_[1]);
    const std::vector<std::int32_t> labels(tensors_[2].values.begin(), tensors_[2].values.end());
    const std::vector<float> slopes(tensors_[3].values.begin(), tensors_[3].values.end());
    Outcome outcome = {.weight_gradients = std::vector<float>(kClasses * kWidth, before),
                       .losses = std::vector<float>(kRows),
                       .correct = std::vector<float>(kRows),
                       .input_gradients = Halves(kRows * kWidth)};
    Halves logits(kChunkRows * kClasses);
    const std::array<const void*, 4> inputs = {x.data(), weight.data(), labels.data(),
                                               slopes.data()};
    const std::array<void*, 5> outputs = {outcome.weight_gradients.data(),
                                          outcome.input_gradients.data(), outcome.losses.data(),
                                          outcome.correct.data(), logits.data()};
    step->Run({inputs, outputs});
    return outcome;
  }

  std::vector<double> Reference(std::size_t output) const {
    ReferenceValues values;
    for (const SampledTensor& tensor : tensors_) values.push_back(tensor.values);
    Interpret(graph_, {}, values);
    return values[static_cast<std::size_t>(graph_.nodes()[0].outputs[output].index)];
  }

 private:
  static SampledTensor RoundedReals(SampleSource& source, const Shape& shape) {
    SampledTensor tensor = source.Reals(shape);
    for (double& value : tensor.values)
      value = double{FromBFloat16(ToBFloat16(static_cast<float>(value / 4)))};
    return tensor;
  }

  static Halves HalvesOf(const SampledTensor& tensor) {
    Halves halves;
    for (const double value : tensor.values)
      halves.push_back(ToBFloat16(static_cast<float>(value)));
    return halves;
  }

  Graph graph_;
  std::vector<SampledTensor> tensors_;
};

void ExpectNear(const std::vector<double>& found, const std::vector<double>& wanted,
                double tolerance) {
  ASSERT_EQ(found.size(), wanted.size());
  double largest = 0;
  for (const double value : wanted) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], wanted[i], tolerance * largest) << "element " << i;
}

std::vector<double> InDouble(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

TEST_F(BFloat16HeadTest, LossesAndGradientsAreThoseOfTheReferenceToARounding) {
  const Outcome outcome = Run(1);
  std::vector<double> input_gradients;
  for (const std::uint16_t half : outcome.input_gradients)
    input_gradients.push_back(FromBFloat16(half));

  ExpectNear(InDouble(outcome.losses), Reference(2), kLossTolerance);
  ExpectNear(InDouble(outcome.weight_gradients), Reference(0), kGradientTolerance);
  ExpectNear(input_gradients, Reference(1), kGradientTolerance);
}

TEST_F(BFloat16HeadTest, TheGradientOfTheWeightIsAddedToWhatIsThere) {
  const Outcome outcome = Run(1, OutputMode::kAccumulate, 0.375f);
  std::vector<double> wanted = Reference(0);
  for (double& value : wanted) value += 0.375;

  ExpectNear(InDouble(outcome.weight_gradients), wanted, kGradientTolerance);
}

TEST_F(BFloat16HeadTest, ThreadsDoNotChangeTheBits) { EXPECT_EQ(Run(3), Run(1)); }

}  // namespace
}  // namespace descent
