#include "worker/kernels/kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "tests/numeric/reference_interpreter.h"
#include "worker/graph/sample_source.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr StepRun kRandom = {.seed = 5, .step = 6, .first_position = 7};

// f32 keeps 6e-8 of each operand and of each partial sum. Relative to the largest element of an
// output, a chain of up to about a hundred roundings of either sign stays well below this.
constexpr double kTolerance = 4e-6;

// Memory that begins `misalignment` elements behind a 64-byte boundary.
class Buffer {
 public:
  Buffer(std::size_t count, std::size_t misalignment)
      : memory_(count + 32), count_(count), misalignment_(misalignment) {}

  void* data() { return aligned() + misalignment_; }
  std::span<float> floats() { return {aligned() + misalignment_, count_}; }

  void Set(const SampledTensor& tensor) {
    for (std::size_t i = 0; i < count_; ++i) {
      if (tensor.type.type == DataType::kInt32) {
        static_cast<std::int32_t*>(data())[i] = static_cast<std::int32_t>(tensor.values[i]);
      } else {
        floats()[i] = static_cast<float>(tensor.values[i]);
      }
    }
  }

 private:
  float* aligned() {
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
    return memory_.data() + (64 - address % 64) % 64 / sizeof(float);
  }

  std::vector<float> memory_;
  std::size_t count_;
  std::size_t misalignment_;
};

struct RunOptions {
  int threads = 1;
  std::size_t misalignment = 0;
  OutputMode mode = OutputMode::kWrite;
  float before = 0;  // what the outputs hold before the run
};

std::size_t CountOf(const Graph& graph, ValueId id) {
  return static_cast<std::size_t>(ElementCount(graph.value(id).type.shape));
}

// One op on given operands.
struct Case {
  Case(const OpDef& op, const OpSample& operands) : sample(operands) {
    std::vector<ValueId> inputs;
    for (const SampledTensor& tensor : sample.inputs) {
      inputs.push_back(graph.AddInput("input", tensor.type));
    }
    const auto added = graph.AddNode(op, inputs, sample.attributes);
    EXPECT_TRUE(added.ok()) << added.status();
  }

  const Node& node() const { return graph.nodes()[0]; }

  // All outputs, one behind the other.
  std::vector<float> Run(const RunOptions& options) const {
    ThreadPool pool(options.threads);
    const auto step = FindKernel(node().op->name)
                          ->prepare({graph, node(), options.mode, pool})
                          .value();
    std::vector<Buffer> inputs, outputs;
    std::vector<const void*> input_addresses;
    std::vector<void*> output_addresses;
    for (std::size_t i = 0; i < node().inputs.size(); ++i) {
      inputs.emplace_back(CountOf(graph, node().inputs[i]), options.misalignment);
      inputs.back().Set(sample.inputs[i]);
    }
    for (const ValueId id : node().outputs) {
      outputs.emplace_back(CountOf(graph, id), options.misalignment);
      std::ranges::fill(outputs.back().floats(), options.before);
    }
    for (Buffer& buffer : inputs) input_addresses.push_back(buffer.data());
    for (Buffer& buffer : outputs) output_addresses.push_back(buffer.data());
    step->Run({input_addresses, output_addresses, kRandom.seed, kRandom.step,
               kRandom.first_position});
    std::vector<float> all;
    for (Buffer& buffer : outputs) {
      all.insert(all.end(), buffer.floats().begin(), buffer.floats().end());
    }
    return all;
  }

  std::vector<double> Reference() const {
    ReferenceValues values;
    for (const SampledTensor& tensor : sample.inputs) values.push_back(tensor.values);
    Interpret(graph, {.seed = 5, .step = 6, .first_position = 7}, values);
    std::vector<double> all;
    for (const ValueId id : node().outputs) {
      const std::vector<double>& output = values[static_cast<std::size_t>(id.index)];
      all.insert(all.end(), output.begin(), output.end());
    }
    return all;
  }

  Graph graph;
  OpSample sample;
};

void ExpectClose(const std::vector<float>& found, const std::vector<double>& wanted,
                 double offset = 0) {
  ASSERT_EQ(found.size(), wanted.size());
  double largest = 1;
  for (const double value : wanted) largest = std::max(largest, std::abs(value + offset));
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_NEAR(found[i], wanted[i] + offset, kTolerance * largest) << "element " << i;
  }
}

SampledTensor Floats(Shape shape, std::vector<double> values) {
  return {{DataType::kFloat32, std::move(shape)}, std::move(values)};
}
SampledTensor Labels(std::vector<double> values) {
  return {{DataType::kInt32, {static_cast<std::int64_t>(values.size())}}, std::move(values)};
}

// Operands that span several tiles of every kernel, with odd remainders.
std::vector<Case> LargeCases() {
  SampleSource source(99);
  std::vector<Case> cases;
  for (const std::int64_t ta : {0, 1}) {
    for (const std::int64_t tb : {0, 1}) {
      const Attributes attributes = {{"transpose_a", ta}, {"transpose_b", tb}};
      for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{63, 531, 70}, {300, 1045, 33}}) {
        cases.push_back({MatMulOp(),
                         {{source.Reals(ta ? Shape{k, m} : Shape{m, k}),
                           source.Reals(tb ? Shape{n, k} : Shape{k, n})},
                          attributes}});
      }
    }
  }
  cases.push_back({AddBiasOp(), {{source.Reals({77, 513}), source.Reals({513})}, {}}});
  cases.push_back({ColumnSumOp(), {{source.Reals({129, 1001})}, {}}});
  cases.push_back({GeluOp(), {{source.Reals({131, 257})}, {}}});
  cases.push_back({ReluOp(), {{source.Reals({131, 257})}, {}}});
  cases.push_back({AddOp(), {{source.Reals({131, 257}), source.Reals({131, 257})}, {}}});
  cases.push_back({DropoutOp(),
                   {{source.Reals({131, 257})},
                    {{"probability", 0.25}, {"layer", std::int64_t{1}}}}});
  cases.push_back({SoftmaxCrossEntropyOp(),
                   {{source.Reals({70, 1003}), source.Labels(70, 1003)}, {}}});
  return cases;
}

class KernelTest : public testing::TestWithParam<const OpDef*> {};

TEST_P(KernelTest, AgreesWithTheReferenceOnSampledShapes) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SampleSource source(seed);
    const Case sampled(*GetParam(), GetParam()->sample(source));

    ExpectClose(sampled.Run({}), sampled.Reference());
    if (HasFatalFailure()) FAIL() << "seed " << seed << ": " << sampled.graph.ToString();
  }
}

TEST_P(KernelTest, AddsToWhatIsThereWhereItSaysSo) {
  if (!FindKernel(GetParam()->name)->can_accumulate) GTEST_SKIP() << "only writes";
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SampleSource source(seed);
    const Case sampled(*GetParam(), GetParam()->sample(source));

    ExpectClose(sampled.Run({.mode = OutputMode::kAccumulate, .before = 1.5f}),
                sampled.Reference(), 1.5);
  }
}

TEST_P(KernelTest, GivesEqualBitsForAnyAlignment) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SampleSource source(seed);
    const Case sampled(*GetParam(), GetParam()->sample(source));
    const std::vector<float> aligned = sampled.Run({});

    EXPECT_EQ(sampled.Run({.misalignment = 1}), aligned);
    EXPECT_EQ(sampled.Run({.misalignment = 6}), aligned);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryOp, KernelTest,
                         testing::ValuesIn(AllOps().begin(), AllOps().end()),
                         [](const auto& param) { return std::string(param.param->name); });

TEST(LargeKernelTest, AgreesWithTheReferenceOnShapesOfManyTiles) {
  for (const Case& large : LargeCases()) {
    ExpectClose(large.Run({.threads = 2}), large.Reference());
    if (HasFatalFailure()) FAIL() << large.graph.ToString();
  }
}

TEST(LargeKernelTest, GivesEqualBitsForAnyNumberOfThreads) {
  for (const Case& large : LargeCases()) {
    const std::vector<float> alone = large.Run({});

    EXPECT_EQ(large.Run({.threads = 2}), alone) << large.graph.ToString();
    EXPECT_EQ(large.Run({.threads = 3, .misalignment = 3}), alone) << large.graph.ToString();
  }
}

TEST(MatMulKernelTest, MultipliesKnownMatrices) {
  const Case known(MatMulOp(), {{Floats({2, 2}, {1, 2, 3, 4}), Floats({2, 3}, {1, 0, 2, 0, 1, 3})},
                                {{"transpose_a", std::int64_t{0}}, {"transpose_b", std::int64_t{0}}}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{1, 2, 8, 3, 4, 18}));
}

TEST(MatMulKernelTest, MultipliesByTheTransposeOfAWeight) {
  const Case known(MatMulOp(), {{Floats({1, 2}, {5, 7}), Floats({3, 2}, {1, 0, 0, 1, 1, 1})},
                                {{"transpose_a", std::int64_t{0}}, {"transpose_b", std::int64_t{1}}}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{5, 7, 12}));
}

TEST(AddBiasKernelTest, AddsTheBiasToEveryRow) {
  const Case known(AddBiasOp(), {{Floats({2, 2}, {1, 2, 3, 4}), Floats({2}, {10, 20})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{11, 22, 13, 24}));
}

TEST(ColumnSumKernelTest, AddsUpTheRows) {
  const Case known(ColumnSumOp(), {{Floats({3, 2}, {1, 2, 3, 4, 5, 6})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{9, 12}));
}

TEST(ReluKernelTest, CutsOffNegativesAndKeepsNan) {
  const Case known(ReluOp(), {{Floats({1, 4}, {-1, 0, 2, kNan})}, {}});

  const std::vector<float> y = known.Run({});

  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[1], 0);
  EXPECT_EQ(y[2], 2);
  EXPECT_TRUE(std::isnan(y[3]));
}

TEST(ReluKernelTest, PassesTheGradientWhereTheOutputIsPositive) {
  const Case known(ReluGradientOp(), {{Floats({3}, {5, 6, 7}), Floats({3}, {0, 2, 0})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{0, 6, 0}));
}

TEST(GeluKernelTest, HasItsKnownValues) {
  const Case known(GeluOp(), {{Floats({5}, {0, 1, -1, 10, -10})}, {}});

  const std::vector<float> y = known.Run({});

  // x Phi(x), Phi(1) = 0.8413447461 from tables of the normal distribution.
  EXPECT_EQ(y[0], 0);
  EXPECT_NEAR(y[1], 0.8413447461, 2e-7);
  EXPECT_NEAR(y[2], -0.1586552539, 2e-7);
  EXPECT_EQ(y[3], 10);
  EXPECT_NEAR(y[4], 0, 1e-6);
}

TEST(GeluKernelTest, IsAccurateOverItsWholeRange) {
  std::vector<double> x;
  for (int i = -8000; i <= 8000; ++i) x.push_back(static_cast<float>(i * 1e-3));
  const Case wide(GeluOp(), {{Floats({static_cast<std::int64_t>(x.size())}, x)}, {}});
  const std::vector<double> wanted = wide.Reference();

  const std::vector<float> found = wide.Run({});

  // 1 + erf keeps 6e-8 of one, times |x| where it cancels, plus the 5 ulp of erf itself.
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(found[i], wanted[i], 8e-7) << x[i];
}

TEST(GeluKernelTest, KeepsNan) {
  const Case known(GeluOp(), {{Floats({1}, {kNan})}, {}});

  EXPECT_TRUE(std::isnan(known.Run({})[0]));
}

TEST(GeluKernelTest, HasAKnownDerivative) {
  const Case known(GeluGradientOp(), {{Floats({2}, {1, 2}), Floats({2}, {0, 1})}, {}});

  const std::vector<float> dx = known.Run({});

  // Phi(0) = 1/2;  2 (Phi(1) + phi(1)), phi(1) = 0.2419707245.
  EXPECT_EQ(dx[0], 0.5f);
  EXPECT_NEAR(dx[1], 2 * (0.8413447461 + 0.2419707245), 5e-7);
}

TEST(DropoutKernelTest, DropsAboutTheAskedShareAndScalesTheRest) {
  const Case ones(DropoutOp(), {{Floats({100, 100}, std::vector<double>(10000, 1.0))},
                                {{"probability", 0.2}, {"layer", std::int64_t{0}}}});

  const std::vector<float> y = ones.Run({});

  // 10 000 draws: the standard deviation of the share is 0.004.
  EXPECT_NEAR(static_cast<double>(std::ranges::count(y, 0.0f)) / 10000, 0.2, 0.016);
  EXPECT_EQ(std::ranges::count(y, 1.25f) + std::ranges::count(y, 0.0f), 10000);
}

TEST(SoftmaxCrossEntropyKernelTest, OfEqualLogitsIsTheLogarithmOfTheClasses) {
  const Case known(SoftmaxCrossEntropyOp(),
                   {{Floats({1, 4}, {3, 3, 3, 3}), Labels({2})}, {}});

  EXPECT_NEAR(known.Run({})[0], std::log(4.0), 2e-7);
}

TEST(SoftmaxCrossEntropyKernelTest, SurvivesLogitsThatOverflowTheExponential) {
  const Case known(SoftmaxCrossEntropyOp(), {{Floats({1, 2}, {1000, 0}), Labels({1})}, {}});

  EXPECT_EQ(known.Run({})[0], 1000);
}

TEST(SoftmaxCrossEntropyKernelTest, ANanLogitMakesTheLossNan) {
  for (const std::size_t place : {0, 1, 4}) {
    std::vector<double> logits = {1, 2, 3, 4, 5};
    logits[place] = kNan;
    const Case known(SoftmaxCrossEntropyOp(), {{Floats({1, 5}, logits), Labels({2})}, {}});

    EXPECT_TRUE(std::isnan(known.Run({})[0])) << place;
  }
}

TEST(SoftmaxCrossEntropyKernelTest, TheGradientIsTheSoftmaxMinusTheLabel) {
  const Case known(SoftmaxCrossEntropyGradientOp(),
                   {{Floats({1, 2}, {0, 0}), Labels({1}), Floats({1}, {std::log(2.0)}),
                     Floats({1}, {3})},
                    {}});

  const std::vector<float> gradient = known.Run({});

  EXPECT_NEAR(gradient[0], 1.5, 5e-7);
  EXPECT_NEAR(gradient[1], -1.5, 5e-7);
}

TEST(TopOneCorrectKernelTest, TheFirstOfEqualLogitsWins) {
  const Case known(TopOneCorrectOp(), {{Floats({3, 2}, {1, 1, 1, 1, 0, 2}), Labels({0, 1, 1})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{1, 0, 1}));
}

TEST(TopOneCorrectKernelTest, NanIsNeverCorrect) {
  const Case known(TopOneCorrectOp(), {{Floats({2, 2}, {kNan, 1, 1, kNan}), Labels({0, 0})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{0, 0}));
}

TEST(AddKernelTest, AddsElementByElement) {
  const Case known(AddOp(), {{Floats({2}, {1, 2}), Floats({2}, {10, 20})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{11, 22}));
}

TEST(FillKernelTest, SetsEveryElement) {
  const Case known(FillOp(), {{}, {{"shape", Shape{3}}, {"value", 2.5}}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{2.5, 2.5, 2.5}));
}

TEST(IdentityKernelTest, Copies) {
  const Case known(IdentityOp(), {{Floats({2}, {4, 5})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{4, 5}));
}

TEST(FindKernelTest, KnowsNoKernelForAnUnknownOp) { EXPECT_EQ(FindKernel("conjure"), nullptr); }

}  // namespace
}  // namespace descent
