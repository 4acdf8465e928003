#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tests/numeric/kernel_case.h"
#include "worker/ops/image_ops.h"

namespace descent {
namespace {

SampledTensor Tensor(Shape shape, std::vector<double> values) {
  return {{DataType::kFloat32, std::move(shape)}, std::move(values)};
}

std::vector<float> Of(const OpDef& op, std::vector<SampledTensor> inputs, Attributes attributes) {
  return KernelCase(op, {std::move(inputs), std::move(attributes)}).Run({});
}

const Attributes kPlain = {{"stride", Shape{1, 1}},
                           {"padding", Shape{0, 0}},
                           {"dilation", Shape{1, 1}},
                           {"groups", std::int64_t{1}}};

// 1 to 9 by rows.
SampledTensor Nine() { return Tensor({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}); }

Attributes Pool(std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  return {{"kernel", Shape{kernel, kernel}},
          {"stride", Shape{stride, stride}},
          {"padding", Shape{padding, padding}},
          {"dilation", Shape{1, 1}}};
}

TEST(Conv2dKernelTest, CorrelatesWithoutTurningTheKernel) {
  const SampledTensor weight = Tensor({1, 1, 2, 2}, {1, 10, 100, 1000});

  EXPECT_EQ(Of(Conv2dOp(), {Nine(), weight}, kPlain), (std::vector<float>{5421, 6532, 8754, 9865}));
}

TEST(Conv2dKernelTest, PadsWithZerosAndAddsTheBias) {
  const SampledTensor weight = Tensor({1, 1, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1});

  EXPECT_EQ(Of(Conv2dOp(), {Nine(), weight, Tensor({1}, {0.5})},
               kPlain.With("padding", Shape{1, 1}).With("stride", Shape{2, 2})),
            (std::vector<float>{12.5, 16.5, 24.5, 28.5}));
}

TEST(Conv2dKernelTest, ADilatedKernelLeavesRoomBetweenItsElements) {
  const SampledTensor weight = Tensor({1, 1, 2, 2}, {1, 10, 100, 1000});

  EXPECT_EQ(Of(Conv2dOp(), {Nine(), weight}, kPlain.With("dilation", Shape{2, 2})),
            (std::vector<float>{9731}));
}

TEST(Conv2dKernelTest, AGroupOfChannelsSeesItsOwnInputsAlone) {
  const SampledTensor x = Tensor({1, 2, 1, 1}, {3, 4});
  const SampledTensor weight = Tensor({2, 1, 1, 1}, {10, 100});

  EXPECT_EQ(Of(Conv2dOp(), {x, weight}, kPlain.With("groups", std::int64_t{2})),
            (std::vector<float>{30, 400}));
}

TEST(MaxPoolKernelTest, TakesTheLargestAsIfThePaddingWereMinusInfinity) {
  const SampledTensor x = Tensor({1, 1, 2, 2}, {-1, -2, -3, -4});

  EXPECT_EQ(Of(MaxPool2dOp(), {x}, Pool(2, 2, 1)), (std::vector<float>{-1, -2, -3, -4}));
}

TEST(MaxPoolKernelTest, KeepsNan) {
  const double nan = std::numeric_limits<double>::quiet_NaN();

  EXPECT_TRUE(
      std::isnan(Of(MaxPool2dOp(), {Tensor({1, 1, 2, 2}, {1, nan, 3, 4})}, Pool(2, 2, 0))[0]));
}

TEST(MaxPoolKernelTest, OfEqualElementsTheFirstGetsTheGradient) {
  const SampledTensor x = Tensor({1, 1, 2, 2}, {1, 5, 5, 5});

  EXPECT_EQ(Of(MaxPool2dGradientOp(), {Tensor({1, 1, 1, 1}, {7}), x}, Pool(2, 2, 0)),
            (std::vector<float>{0, 7, 0, 0}));
}

TEST(MaxPoolKernelTest, OfElementsThatAreAllMinusInfinityTheFirstGetsTheGradient) {
  const double infinity = std::numeric_limits<double>::infinity();
  const SampledTensor x = Tensor({1, 1, 1, 2}, {-infinity, -infinity});

  EXPECT_EQ(Of(MaxPool2dGradientOp(), {Tensor({1, 1, 1, 2}, {7, 9}), x}, Pool(2, 2, 1)),
            (std::vector<float>{7, 9}));
}

TEST(MaxPoolKernelTest, OfSeveralNanTheFirstGetsTheGradient) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const SampledTensor x = Tensor({1, 1, 2, 2}, {1, nan, 3, nan});

  EXPECT_EQ(Of(MaxPool2dGradientOp(), {Tensor({1, 1, 1, 1}, {7}), x}, Pool(2, 2, 0)),
            (std::vector<float>{0, 7, 0, 0}));
}

TEST(AvgPoolKernelTest, CountsThePaddingsZeros) {
  EXPECT_EQ(Of(AvgPool2dOp(), {Nine()}, Pool(2, 2, 1)), (std::vector<float>{0.25, 1.25, 2.75, 7}));
}

TEST(GlobalAvgPoolKernelTest, IsTheMeanOfEveryPlane) {
  const SampledTensor x = Tensor({1, 2, 1, 2}, {1, 3, 10, 20});

  EXPECT_EQ(Of(GlobalAvgPoolOp(), {x}, {}), (std::vector<float>{2, 15}));
}

// The outputs of a batch norm of one channel with gain 2, bias 1 and running variance 8.
std::vector<float> NormalizedAs(const OpDef& op, SampledTensor x) {
  return Of(op,
            {std::move(x), Tensor({1}, {2}), Tensor({1}, {1}), Tensor({1}, {3}), Tensor({1}, {8})},
            {{"epsilon", 1.0}});
}

TEST(BatchNormKernelTest, MeasuresTheMeanAndTheUnbiasedVarianceForEverySample) {
  // Mean 4, biased variance 3, unbiased variance 4: twice each, for two samples.
  const std::vector<float> found = NormalizedAs(BatchNormOp(), Tensor({2, 1, 1, 2}, {3, 3, 3, 7}));

  EXPECT_EQ(found, (std::vector<float>{0, 0, 0, 4, 4, 0.5, 8, 8}));
}

TEST(BatchNormKernelTest, OneElementSaysNothingOfTheVariance) {
  const std::vector<float> found = NormalizedAs(BatchNormOp(), Tensor({1, 1}, {5}));

  EXPECT_EQ(found, (std::vector<float>{1, 5, 1, 5, 8}));
}

TEST(BatchNormKernelTest, InferenceNormalizesByTheRunningStatistics) {
  EXPECT_EQ(NormalizedAs(BatchNormInferenceOp(), Tensor({3, 1}, {3, 6, 0})),
            (std::vector<float>{1, 3, -1}));
}

}  // namespace
}  // namespace descent
