#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/numeric/reference_interpreter.h"
#include "worker/graph/sample_source.h"
#include "worker/kernels/bfloat16.h"
#include "worker/kernels/widened_step.h"
#include "worker/ops/ops.h"

// Every op with all of its numbers stored in bf16.

namespace descent {
namespace {

constexpr std::uint64_t kSeed = 5;
constexpr int kStep = 6;
constexpr int kFirstPosition = 7;

// An output is rounded to 8 bits, which moves it by up to 2^-8 of itself; the f32 arithmetic before
// that adds what the test of the f32 kernels allows, relative to the largest element.
constexpr double kRounding = 0x1p-8;
constexpr double kArithmetic = 4e-6;

struct Operand {
  DataType type = DataType::kFloat32;
  std::vector<std::uint16_t> halves;
  std::vector<std::int32_t> integers;
  std::vector<float> floats;

  void* data() {
    if (type == DataType::kBFloat16) return halves.data();
    return type == DataType::kInt32 ? static_cast<void*>(integers.data()) : floats.data();
  }
};

// One op on operands that are bf16 numbers.
class BFloat16Case {
 public:
  BFloat16Case(const OpDef& op, OpSample sample) : operands_(std::move(sample)) {
    std::vector<ValueId> inputs;
    for (SampledTensor& tensor : operands_.inputs) {
      inputs.push_back(graph_.AddInput("input", tensor.type));
      if (tensor.type.type != DataType::kFloat32) continue;
      for (double& value : tensor.values)
        value = double{FromBFloat16(ToBFloat16(static_cast<float>(value)))};
    }
    DESCENT_CHECK(graph_.AddNode(op, inputs, operands_.attributes).ok());
  }

  // All outputs, one behind the other, stored as `output_type`.
  std::vector<double> Run(int threads, DataType output_type = DataType::kBFloat16) const {
    ThreadPool pool(threads);
    Graph stored = graph_;
    std::vector<Operand> inputs, outputs;
    for (std::size_t i = 0; i < operands_.inputs.size(); ++i)
      inputs.push_back(InputOf(operands_.inputs[i]));
    for (const ValueId id : node().outputs) {
      stored.StoreAs(id, output_type);
      const auto count = static_cast<std::size_t>(ElementCount(graph_.value(id).type.shape));
      outputs.push_back({.type = output_type,
                         .halves = std::vector<std::uint16_t>(count),
                         .integers = {},
                         .floats = std::vector<float>(count)});
    }
    WideningScratch scratch;
    const auto step =
        PrepareOnStored(*FindKernel(node().op->name), {graph_, node(), OutputMode::kWrite, pool},
                        WithNarrowInputs(stored), scratch)
            .value();
    std::vector<const void*> input_addresses;
    std::vector<void*> output_addresses;
    for (Operand& input : inputs) input_addresses.push_back(input.data());
    for (Operand& output : outputs) output_addresses.push_back(output.data());
    step->Run({input_addresses, output_addresses, kSeed, kStep, kFirstPosition});
    std::vector<double> all;
    for (const Operand& output : outputs) {
      for (std::size_t i = 0; i < output.floats.size(); ++i)
        all.push_back(output_type == DataType::kFloat32 ? output.floats[i]
                                                        : FromBFloat16(output.halves[i]));
    }
    return all;
  }

  std::vector<double> Reference() const {
    ReferenceValues values;
    for (const SampledTensor& tensor : operands_.inputs) values.push_back(tensor.values);
    Interpret(graph_, {.seed = kSeed, .step = kStep, .first_position = kFirstPosition}, values);
    std::vector<double> all;
    for (const ValueId id : node().outputs) {
      const std::vector<double>& output = values[static_cast<std::size_t>(id.index)];
      all.insert(all.end(), output.begin(), output.end());
    }
    return all;
  }

  const Graph& graph() const { return graph_; }

 private:
  const Node& node() const { return graph_.nodes()[0]; }

  static Operand InputOf(const SampledTensor& tensor) {
    const bool is_integer = tensor.type.type == DataType::kInt32;
    Operand operand{.type = is_integer ? DataType::kInt32 : DataType::kBFloat16};
    for (const double value : tensor.values) {
      if (is_integer) operand.integers.push_back(static_cast<std::int32_t>(value));
      if (!is_integer) operand.halves.push_back(ToBFloat16(static_cast<float>(value)));
    }
    return operand;
  }

  Graph WithNarrowInputs(Graph stored) const {
    for (const ValueId id : node().inputs) {
      if (graph_.value(id).type.type == DataType::kFloat32) stored.StoreAs(id, DataType::kBFloat16);
    }
    return stored;
  }

  Graph graph_;
  OpSample operands_;
};

class BFloat16KernelTest : public testing::TestWithParam<const OpDef*> {};

TEST_P(BFloat16KernelTest, AgreesWithTheReferenceToARounding) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SampleSource source(seed);
    const BFloat16Case sampled(*GetParam(), GetParam()->sample(source));
    const std::vector<double> found = sampled.Run(1), wanted = sampled.Reference();
    ASSERT_EQ(found.size(), wanted.size());
    double largest = 1;
    for (const double value : wanted) largest = std::max(largest, std::abs(value));

    for (std::size_t i = 0; i < found.size(); ++i)
      ASSERT_NEAR(found[i], wanted[i], kRounding * std::abs(wanted[i]) + kArithmetic * largest)
          << "element " << i << " of seed " << seed << ": " << sampled.graph().ToString();
  }
}

TEST_P(BFloat16KernelTest, RoundsNothingWhereOutputsAreF32) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SampleSource source(seed);
    const BFloat16Case sampled(*GetParam(), GetParam()->sample(source));
    const std::vector<double> found = sampled.Run(1, DataType::kFloat32);
    const std::vector<double> wanted = sampled.Reference();
    ASSERT_EQ(found.size(), wanted.size());
    double largest = 1;
    for (const double value : wanted) largest = std::max(largest, std::abs(value));

    for (std::size_t i = 0; i < found.size(); ++i)
      ASSERT_NEAR(found[i], wanted[i], kArithmetic * largest)
          << "element " << i << " of seed " << seed << ": " << sampled.graph().ToString();
  }
}

TEST_P(BFloat16KernelTest, GivesEqualBitsForAnyNumberOfThreads) {
  SampleSource source(3);
  const BFloat16Case sampled(*GetParam(), GetParam()->sample(source));

  EXPECT_EQ(sampled.Run(3), sampled.Run(1));
}

INSTANTIATE_TEST_SUITE_P(EveryOp, BFloat16KernelTest,
                         testing::ValuesIn(AllOps().begin(), AllOps().end()),
                         [](const auto& op) { return std::string(op.param->name); });

}  // namespace
}  // namespace descent
