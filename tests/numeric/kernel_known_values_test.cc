#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "common/sample_format.h"
#include "tests/numeric/kernel_case.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

SampledTensor Floats(Shape shape, std::vector<double> values) {
  return {{DataType::kFloat32, std::move(shape)}, std::move(values)};
}
SampledTensor Labels(std::vector<double> values) {
  return {{DataType::kInt32, {static_cast<std::int64_t>(values.size())}}, std::move(values)};
}

TEST(MatMulKernelTest, MultipliesKnownMatrices) {
  const KernelCase known(MatMulOp(),
                         {{Floats({2, 2}, {1, 2, 3, 4}), Floats({2, 3}, {1, 0, 2, 0, 1, 3})},
                          {{"transpose_a", std::int64_t{0}}, {"transpose_b", std::int64_t{0}}}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{1, 2, 8, 3, 4, 18}));
}

TEST(MatMulKernelTest, MultipliesByTheTransposeOfAWeight) {
  const KernelCase known(MatMulOp(),
                         {{Floats({1, 2}, {5, 7}), Floats({3, 2}, {1, 0, 0, 1, 1, 1})},
                          {{"transpose_a", std::int64_t{0}}, {"transpose_b", std::int64_t{1}}}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{5, 7, 12}));
}

TEST(AddBiasKernelTest, AddsTheBiasToEveryRow) {
  const KernelCase known(AddBiasOp(), {{Floats({2, 2}, {1, 2, 3, 4}), Floats({2}, {10, 20})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{11, 22, 13, 24}));
}

TEST(ColumnSumKernelTest, AddsUpTheRows) {
  const KernelCase known(ColumnSumOp(), {{Floats({3, 2}, {1, 2, 3, 4, 5, 6})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{9, 12}));
}

TEST(ReluKernelTest, CutsOffNegativesAndKeepsNan) {
  const KernelCase known(ReluOp(), {{Floats({1, 4}, {-1, 0, 2, kNan})}, {}});

  const std::vector<float> y = known.Run({});

  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[1], 0);
  EXPECT_EQ(y[2], 2);
  EXPECT_TRUE(std::isnan(y[3]));
}

TEST(ReluKernelTest, PassesTheGradientWhereTheOutputIsPositive) {
  const KernelCase known(ReluGradientOp(), {{Floats({3}, {5, 6, 7}), Floats({3}, {0, 2, 0})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{0, 6, 0}));
}

TEST(GeluKernelTest, HasItsKnownValues) {
  const KernelCase known(GeluOp(), {{Floats({5}, {0, 1, -1, 10, -10})}, {}});

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
  const KernelCase wide(GeluOp(), {{Floats({static_cast<std::int64_t>(x.size())}, x)}, {}});
  const std::vector<double> wanted = wide.Reference();

  const std::vector<float> found = wide.Run({});

  // (1 + erf) / 2 is good to 1.5e-7, which |x| < 5.6 magnifies; beyond, erf is exactly +-1.
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(found[i], wanted[i], 1.2e-6) << x[i];
}

TEST(GeluKernelTest, KeepsNan) {
  const KernelCase known(GeluOp(), {{Floats({1}, {kNan})}, {}});

  EXPECT_TRUE(std::isnan(known.Run({})[0]));
}

TEST(GeluKernelTest, HasAKnownDerivative) {
  const KernelCase known(GeluGradientOp(), {{Floats({2}, {1, 2}), Floats({2}, {0, 1})}, {}});

  const std::vector<float> dx = known.Run({});

  // Phi(0) = 1/2;  2 (Phi(1) + phi(1)), phi(1) = 0.2419707245.
  EXPECT_EQ(dx[0], 0.5f);
  EXPECT_NEAR(dx[1], 2 * (0.8413447461 + 0.2419707245), 5e-7);
}

TEST(DropoutKernelTest, DropsAboutTheAskedShareAndScalesTheRest) {
  const KernelCase ones(
      DropoutOp(),
      {{Floats({100, 100}, std::vector<double>(10000, 1.0))},
       {{"probability", 0.2}, {"layer", std::int64_t{0}}, {"rows_per_sample", std::int64_t{1}}}});

  const std::vector<float> y = ones.Run({});

  // 10 000 draws: the standard deviation of the share is 0.004.
  EXPECT_NEAR(static_cast<double>(std::ranges::count(y, 0.0f)) / 10000, 0.2, 0.016);
  EXPECT_EQ(std::ranges::count(y, 1.25f) + std::ranges::count(y, 0.0f), 10000);
}

const Attributes kUnsmoothed = {{"smoothing", 0.0}};

TEST(SoftmaxCrossEntropyKernelTest, OfEqualLogitsIsTheLogarithmOfTheClasses) {
  const KernelCase known(SoftmaxCrossEntropyOp(),
                         {{Floats({1, 4}, {3, 3, 3, 3}), Labels({2})}, kUnsmoothed});

  EXPECT_NEAR(known.Run({})[0], std::log(4.0), 2e-7);
}

TEST(SoftmaxCrossEntropyKernelTest, SurvivesLogitsThatOverflowTheExponential) {
  const KernelCase known(SoftmaxCrossEntropyOp(),
                         {{Floats({1, 2}, {1000, 0}), Labels({1})}, kUnsmoothed});

  EXPECT_EQ(known.Run({})[0], 1000);
}

TEST(SoftmaxCrossEntropyKernelTest, ANanLogitMakesTheLossNan) {
  for (const std::size_t place : {0, 1, 4}) {
    std::vector<double> logits = {1, 2, 3, 4, 5};
    logits[place] = kNan;
    const KernelCase known(SoftmaxCrossEntropyOp(),
                           {{Floats({1, 5}, logits), Labels({2})}, kUnsmoothed});

    EXPECT_TRUE(std::isnan(known.Run({})[0])) << place;
  }
}

TEST(SoftmaxCrossEntropyKernelTest, TheGradientIsTheSoftmaxMinusTheLabel) {
  const KernelCase known(
      SoftmaxCrossEntropyGradientOp(),
      {{Floats({1, 2}, {0, 0}), Labels({1}), Floats({1}, {std::log(2.0)}), Floats({1}, {3})},
       kUnsmoothed});

  const std::vector<float> gradient = known.Run({});

  EXPECT_NEAR(gradient[0], 1.5, 5e-7);
  EXPECT_NEAR(gradient[1], -1.5, 5e-7);
}

TEST(SoftmaxCrossEntropyKernelTest, SmoothingWantsAPartOfEveryClass) {
  const KernelCase known(SoftmaxCrossEntropyOp(),
                         {{Floats({1, 2}, {2, 0}), Labels({0})}, {{"smoothing", 0.5}}});

  // Three quarters of the first class and a quarter of the second.
  EXPECT_NEAR(known.Run({})[0], std::log(std::exp(2.0) + 1) - 0.75 * 2, 3e-7);
}

// Whatever is in the row: the loss and the gradient of all others are as they were.
TEST(SoftmaxCrossEntropyKernelTest, ALabelThatIsIgnoredHasNoLossAndNoGradient) {
  const KernelCase loss(SoftmaxCrossEntropyOp(),
                        {{Floats({3, 2}, {0, 0, kNan, 1, 0, 0}), Labels({1, kIgnoredLabel, 0})},
                         {{"smoothing", 0.1}}});
  const KernelCase gradient(SoftmaxCrossEntropyGradientOp(),
                            {{Floats({2, 2}, {kNan, 1, 0, 0}), Labels({kIgnoredLabel, 1}),
                              Floats({2}, {0, std::log(2.0)}), Floats({2}, {1, 1})},
                             kUnsmoothed});

  const std::vector<float> losses = loss.Run({});
  EXPECT_NEAR(losses[0], std::log(2.0), 2e-7);
  EXPECT_EQ(losses[1], 0);
  EXPECT_NEAR(losses[2], std::log(2.0), 2e-7);
  const std::vector<float> gradients = gradient.Run({});
  EXPECT_EQ(gradients[0], 0);
  EXPECT_EQ(gradients[1], 0);
  EXPECT_NEAR(gradients[2], 0.5, 2e-7);
  EXPECT_NEAR(gradients[3], -0.5, 2e-7);
}

TEST(TopOneCorrectKernelTest, ALabelThatIsIgnoredIsNotRight) {
  const KernelCase known(TopOneCorrectOp(),
                         {{Floats({2, 2}, {1, 0, 1, 0}), Labels({kIgnoredLabel, 0})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{0, 1}));
}

TEST(TopFiveCorrectKernelTest, ALabelThatIsIgnoredIsNotAmongThem) {
  const KernelCase known(TopFiveCorrectOp(),
                         {{Floats({1, 6}, {1, 2, 3, 4, 5, 6}), Labels({kIgnoredLabel})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{0}));
}

TEST(TopOneCorrectKernelTest, TheFirstOfEqualLogitsWins) {
  const KernelCase known(TopOneCorrectOp(),
                         {{Floats({3, 2}, {1, 1, 1, 1, 0, 2}), Labels({0, 1, 1})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{1, 0, 1}));
}

TEST(TopOneCorrectKernelTest, NanIsNeverCorrect) {
  const KernelCase known(TopOneCorrectOp(),
                         {{Floats({2, 2}, {kNan, 1, 1, kNan}), Labels({0, 0})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{0, 0}));
}

TEST(TopFiveCorrectKernelTest, TheFirstFiveOfEqualLogitsWin) {
  const KernelCase known(
      TopFiveCorrectOp(),
      {{Floats({3, 6}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 8, 7, 6, 0, 5}), Labels({4, 5, 5})},
       {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{1, 0, 1}));
}

TEST(TopFiveCorrectKernelTest, ALogitThatIsNanIsNeverAmongThem) {
  const KernelCase known(
      TopFiveCorrectOp(),
      {{Floats({2, 6}, {kNan, 1, 1, 1, 1, 1, kNan, 5, 4, 3, 2, 1}), Labels({0, 5})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{0, 0}));
}

TEST(AddKernelTest, AddsElementByElement) {
  const KernelCase known(AddOp(), {{Floats({2}, {1, 2}), Floats({2}, {10, 20})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{11, 22}));
}

TEST(FillKernelTest, SetsEveryElement) {
  const KernelCase known(FillOp(), {{}, {{"shape", Shape{3}}, {"value", 2.5}}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{2.5, 2.5, 2.5}));
}

TEST(IdentityKernelTest, Copies) {
  const KernelCase known(IdentityOp(), {{Floats({2}, {4, 5})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{4, 5}));
}

TEST(FindKernelTest, KnowsNoKernelForAnUnknownOp) { EXPECT_EQ(FindKernel("conjure"), nullptr); }

}  // namespace
}  // namespace descent
