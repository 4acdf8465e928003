#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "worker/ops/image_ops.h"

namespace descent {
namespace {

// What the op says about operands it must refuse.
std::string ImageRefusalOf(const OpDef& op, const std::vector<TensorType>& inputs,
                           const Attributes& attributes = {}) {
  const Result<std::vector<TensorType>> types = op.infer(inputs, attributes);
  EXPECT_EQ(types.status().code(), Code::kInvalidArgument);
  return types.status().message();
}

TensorType Floats(Shape shape) { return {DataType::kFloat32, std::move(shape)}; }

const Attributes kPlain = {{"stride", Shape{1, 1}},
                           {"padding", Shape{0, 0}},
                           {"dilation", Shape{1, 1}},
                           {"groups", std::int64_t{1}}};
const Attributes kPool = {{"kernel", Shape{2, 2}},
                          {"stride", Shape{2, 2}},
                          {"padding", Shape{0, 0}},
                          {"dilation", Shape{1, 1}}};

TEST(ImageShapeRuleTest, Conv2dSaysItsOutputsShape) {
  const std::vector<TensorType> types =
      Conv2dOp()
          .infer(std::vector{Floats({2, 3, 32, 20}), Floats({8, 3, 3, 5})},
                 kPlain.With("stride", Shape{2, 1}).With("padding", Shape{1, 0}))
          .value();

  EXPECT_EQ(types[0].shape, (Shape{2, 8, 16, 16}));
}

TEST(ImageShapeRuleTest, Conv2dRefusesAWeightForOtherChannels) {
  EXPECT_EQ(ImageRefusalOf(Conv2dOp(), {Floats({2, 3, 8, 8}), Floats({4, 2, 3, 3})}, kPlain),
            "weight is [4, 2, 3, 3], wanted [4, 3, 3, 3] for x [2, 3, 8, 8] and groups 1");
}

TEST(ImageShapeRuleTest, Conv2dRefusesGroupsThatDoNotDivideTheChannels) {
  EXPECT_EQ(ImageRefusalOf(Conv2dOp(), {Floats({2, 3, 8, 8}), Floats({4, 1, 3, 3})},
                           kPlain.With("groups", std::int64_t{2})),
            "groups is 2, wanted a divisor of the channels of x [2, 3, 8, 8] and of weight "
            "[4, 1, 3, 3]");
}

TEST(ImageShapeRuleTest, Conv2dRefusesAKernelLargerThanTheImage) {
  EXPECT_EQ(ImageRefusalOf(Conv2dOp(), {Floats({2, 3, 4, 8}), Floats({4, 3, 5, 5})}, kPlain),
            "a window of [5, 5] with dilation [1, 1] does not fit in x [2, 3, 4, 8] with padding "
            "[0, 0]");
}

TEST(ImageShapeRuleTest, Conv2dRefusesABiasOfAnotherLength) {
  EXPECT_EQ(
      ImageRefusalOf(Conv2dOp(), {Floats({2, 3, 8, 8}), Floats({4, 3, 3, 3}), Floats({3})}, kPlain),
      "bias is [3], wanted [4]");
}

TEST(ImageShapeRuleTest, Conv2dGradientsRefuseAnOutputOfAnotherShape) {
  EXPECT_EQ(ImageRefusalOf(Conv2dWeightGradientOp(), {Floats({2, 4, 8, 8}), Floats({2, 3, 8, 8})},
                           kPlain.And("kernel", Shape{3, 3})),
            "dy is [2, 4, 8, 8], wanted [2, 4, 6, 6]");
  EXPECT_EQ(ImageRefusalOf(Conv2dInputGradientOp(), {Floats({2, 4, 8, 8}), Floats({4, 3, 3, 3})},
                           kPlain.And("plane", Shape{8, 8})),
            "dy is [2, 4, 8, 8], wanted [2, 4, 6, 6]");
}

TEST(ImageShapeRuleTest, PoolsRefuseFeaturesWithoutPlanes) {
  for (const OpDef* op : {&MaxPool2dOp(), &AvgPool2dOp()})
    EXPECT_EQ(ImageRefusalOf(*op, {Floats({2, 784})}, kPool), "x is [2, 784], wanted 4 axes");
}

TEST(ImageShapeRuleTest, PoolsRefuseMorePaddingThanHalfTheKernel) {
  EXPECT_EQ(
      ImageRefusalOf(MaxPool2dOp(), {Floats({2, 3, 8, 8})}, kPool.With("padding", Shape{2, 0})),
      "padding is 2, wanted at most half the kernel 2");
}

TEST(ImageShapeRuleTest, GlobalAvgPoolRefusesAMatrix) {
  EXPECT_EQ(ImageRefusalOf(GlobalAvgPoolOp(), {Floats({2, 3})}), "x is [2, 3], wanted 4 axes");
}

TEST(ImageShapeRuleTest, BatchNormRefusesStatisticsOfOtherChannels) {
  EXPECT_EQ(
      ImageRefusalOf(BatchNormOp(),
                     {Floats({2, 3, 8, 8}), Floats({3}), Floats({3}), Floats({3}), Floats({4})},
                     {{"epsilon", 1e-5}}),
      "running_variance is [4], wanted [3]");
}

TEST(ImageShapeRuleTest, ChannelSumRefusesThreeAxes) {
  EXPECT_EQ(ImageRefusalOf(ChannelSumOp(), {Floats({2, 3, 8})}),
            "x is [2, 3, 8], wanted 2 or 4 axes");
}

}  // namespace
}  // namespace descent
