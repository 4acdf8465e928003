#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tests/numeric/kernel_case.h"
#include "worker/ops/loss_ops.h"

namespace descent {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

SampledTensor Floats(Shape shape, std::vector<double> values) {
  return {{DataType::kFloat32, std::move(shape)}, std::move(values)};
}

SampledTensor Integers(Shape shape, std::vector<double> values) {
  return {{DataType::kInt32, std::move(shape)}, std::move(values)};
}

TEST(BinaryCrossEntropyKernelTest, OfALogitOfZeroIsTheLogarithmOfTwo) {
  const KernelCase known(BinaryCrossEntropyOp(),
                         {{Floats({1, 2}, {0, 0}), Floats({1, 2}, {1, 0})}, {}});

  EXPECT_NEAR(known.Run({})[0], std::log(2.0), 1e-7);
}

TEST(BinaryCrossEntropyKernelTest, SurvivesLogitsThatOverflowTheExponential) {
  const KernelCase known(BinaryCrossEntropyOp(),
                         {{Floats({3, 1}, {1000, -1000, 1000}), Floats({3, 1}, {0, 1, 1})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{1000, 1000, 0}));
}

TEST(BinaryCrossEntropyKernelTest, KeepsADistantLogitsSmallLoss) {
  const KernelCase known(BinaryCrossEntropyOp(), {{Floats({1, 1}, {20}), Floats({1, 1}, {1})}, {}});

  EXPECT_NEAR(known.Run({})[0], std::exp(-20.0), 1e-14);
}

TEST(BinaryCrossEntropyKernelTest, TheGradientIsTheSigmoidMinusTheTarget) {
  const KernelCase known(BinaryCrossEntropyGradientOp(),
                         {{Floats({4, 1}, {0, -200, 200, -500}), Floats({4, 1}, {1, 0, 0, 0}),
                           Floats({4}, {3, 1, 1, 1})},
                          {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{-1.5, 0, 1, 0}));
}

TEST(SquaredErrorKernelTest, IsTheMeanOverTheTargetsOfASample) {
  const KernelCase known(SquaredErrorOp(),
                         {{Floats({2, 2}, {1, 2, 3, 4}), Floats({2, 2}, {0, 4, 3, 4})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{2.5, 0}));
}

TEST(HuberKernelTest, IsASquareWithinDeltaAndALineBeyond) {
  const KernelCase known(
      HuberOp(), {{Floats({4, 1}, {1, 2, 5, -5}), Floats({4, 1}, {0, 0, 0, 0})}, {{"delta", 2.0}}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{0.5, 2, 8, 8}));
}

TEST(HuberKernelTest, TheGradientEndsAtDelta) {
  const KernelCase known(HuberGradientOp(), {{Floats({3, 1}, {1, 5, -5}), Floats({3, 1}, {0, 0, 0}),
                                              Floats({3}, {1, 1, 2})},
                                             {{"delta", 2.0}}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{1, 2, -4}));
}

class TargetLossTest : public testing::TestWithParam<const OpDef*> {};

TEST_P(TargetLossTest, ANanMakesTheLossOfItsSampleNan) {
  const KernelCase known(
      *GetParam(), {{Floats({2, 3}, {1, kNan, 2, 1, 1, 1}), Floats({2, 3}, {0, 0, 0, 1, 1, 1})},
                    {{"delta", 1.0}}});

  const std::vector<float> losses = known.Run({});

  EXPECT_TRUE(std::isnan(losses[0]));
  EXPECT_FALSE(std::isnan(losses[1]));
}

INSTANTIATE_TEST_SUITE_P(EveryLoss, TargetLossTest,
                         testing::Values(&BinaryCrossEntropyOp(), &SquaredErrorOp(), &HuberOp()),
                         [](const auto& op) { return std::string(op.param->name); });

TEST(BinaryCorrectKernelTest, ComparesTheLogitsSignWithTheLabel) {
  const KernelCase known(
      BinaryCorrectOp(),
      {{Floats({5, 1}, {2, -2, 2, -2, kNan}), Integers({5, 1}, {1, 0, 0, 1, 0})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{1, 1, 0, 0, 0}));
}

TEST(CastKernelTest, KeepsIntegersAsNumbers) {
  const KernelCase known(CastOp(), {{Integers({3}, {-7, 0, 65536})}, {}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{-7, 0, 65536}));
}

}  // namespace
}  // namespace descent
