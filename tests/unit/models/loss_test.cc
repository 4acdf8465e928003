#include "worker/models/loss.h"

#include <gtest/gtest.h>

#include "worker/models/model.h"

namespace descent {
namespace {

constexpr SampleFormat kTenClasses = {.feature_count = 4, .class_count = 10};
constexpr SampleFormat kTwoClasses = {.feature_count = 4, .class_count = 2};
constexpr SampleFormat kThreeNumbers = {.feature_count = 4, .label_count = 0, .target_count = 3};

ModelSpec WithLoss(Loss loss) {
  return {.architecture = MlpSpec{}, .loss = loss, .huber_delta = loss == Loss::kHuber ? 1.0 : 0.0};
}

std::string RefusalOf(Loss loss, const SampleFormat& format) {
  const Result<Graph> model = BuildModel(WithLoss(loss), format, 2);
  EXPECT_EQ(model.status().code(), Code::kInvalidArgument);
  return model.status().message();
}

TEST(LossTest, CrossEntropyHasAnOutputForEachClass) {
  EXPECT_EQ(OutputCount(WithLoss(Loss::kCrossEntropy), kTenClasses).value(), 10);
}

TEST(LossTest, BinaryCrossEntropyOfTwoClassesHasOneOutput) {
  const Graph model = BuildModel(WithLoss(Loss::kBinaryCrossEntropy), kTwoClasses, 5).value();

  EXPECT_EQ(model.value(model.ports().logits).type.shape, (Shape{5, 1}));
  EXPECT_TRUE(model.ports().correct.is_valid());
}

TEST(LossTest, NumbersHaveAnOutputEachAndNoneIsCorrect) {
  for (const Loss loss : {Loss::kBinaryCrossEntropy, Loss::kMse, Loss::kHuber}) {
    const Graph model = BuildModel(WithLoss(loss), kThreeNumbers, 5).value();

    EXPECT_EQ(model.value(model.ports().targets).type.shape, (Shape{5, 3}));
    EXPECT_EQ(model.value(model.ports().logits).type.shape, (Shape{5, 3}));
    EXPECT_FALSE(model.ports().correct.is_valid());
    EXPECT_FALSE(model.ports().labels.is_valid());
  }
}

TEST(LossTest, CrossEntropyRefusesNumbers) {
  EXPECT_EQ(RefusalOf(Loss::kCrossEntropy, kThreeNumbers),
            "cross_entropy learns from labels, found 3 numbers to predict");
}

TEST(LossTest, MseRefusesLabels) {
  EXPECT_EQ(RefusalOf(Loss::kMse, kTenClasses),
            "mse learns from numbers to predict, found labels of 10 classes");
}

TEST(LossTest, BinaryCrossEntropyRefusesTenClasses) {
  EXPECT_EQ(
      RefusalOf(Loss::kBinaryCrossEntropy, kTenClasses),
      "binary_cross_entropy learns from one label of two classes, found labels of 10 classes");
}

}  // namespace
}  // namespace descent
