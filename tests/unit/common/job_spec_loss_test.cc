#include "common/job_spec_loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Violation> LossViolationsOf(const ModelSpec& model) {
  SpecChecker checker;
  CheckLoss(model, checker);
  return checker.TakeViolations();
}

TEST(CheckLossTest, AnMlpLearnsByAnyLoss) {
  for (const Loss loss : {Loss::kCrossEntropy, Loss::kBinaryCrossEntropy, Loss::kMse}) {
    EXPECT_THAT(LossViolationsOf({.architecture = MlpSpec{}, .loss = loss}), IsEmpty())
        << LossName(loss);
  }
}

TEST(CheckLossTest, AGptLearnsByCrossEntropyAlone) {
  EXPECT_THAT(LossViolationsOf({.architecture = GptSpec{}, .loss = Loss::kMse}),
              ElementsAre(Violation{"model.loss",
                                    "mse, must be cross_entropy, by which model.gpt learns"}));
}

TEST(CheckLossTest, LinearRegressionLearnsNumbers) {
  EXPECT_THAT(LossViolationsOf({.architecture = LinearRegressionSpec{}, .loss = Loss::kMse}),
              IsEmpty());
  EXPECT_THAT(LossViolationsOf({.architecture = LinearRegressionSpec{}}),
              ElementsAre(Violation{"model.loss",
                                    "cross_entropy, must be mse or huber, by which "
                                    "model.linear_regression learns"}));
}

TEST(CheckLossTest, LogisticRegressionLearnsLabels) {
  EXPECT_THAT(LossViolationsOf({.architecture = LogisticRegressionSpec{}}), IsEmpty());
  EXPECT_THAT(LossViolationsOf({.architecture = LogisticRegressionSpec{}, .loss = Loss::kMse}),
              ElementsAre(Violation{"model.loss",
                                    "mse, must be cross_entropy or binary_cross_entropy, by which "
                                    "model.logistic_regression learns"}));
}

TEST(CheckLossTest, SmoothingLeavesSomethingOfTheLabel) {
  EXPECT_THAT(LossViolationsOf({.architecture = MlpSpec{}, .label_smoothing = 0.9}), IsEmpty());
  EXPECT_THAT(LossViolationsOf({.architecture = MlpSpec{}, .label_smoothing = 1}),
              ElementsAre(Violation{"model.label_smoothing", "1, must be at least 0 and below 1"}));
}

TEST(CheckLossTest, OtherLossesHaveNoSmoothing) {
  EXPECT_THAT(
      LossViolationsOf({.architecture = MlpSpec{}, .loss = Loss::kMse, .label_smoothing = 0.1}),
      ElementsAre(
          Violation{"model.label_smoothing", "0.1, must be absent, as it is of cross_entropy"}));
}

TEST(CheckLossTest, AnIgnoredLabelIsOneThatALabelCanBe) {
  EXPECT_THAT(LossViolationsOf({.architecture = MlpSpec{}, .ignore_index = -100}), IsEmpty());
  EXPECT_THAT(LossViolationsOf({.architecture = GptSpec{}, .ignore_index = 50256}), IsEmpty());
  EXPECT_THAT(LossViolationsOf({.architecture = MlpSpec{}, .ignore_index = 1LL << 31}),
              ElementsAre(Violation{"model.ignore_index",
                                    "2147483648, must be a whole number of 32 bits, as labels "
                                    "are"}));
}

TEST(CheckLossTest, OtherLossesIgnoreNoLabel) {
  EXPECT_THAT(
      LossViolationsOf({.architecture = LogisticRegressionSpec{},
                        .loss = Loss::kBinaryCrossEntropy,
                        .ignore_index = 0}),
      ElementsAre(Violation{"model.ignore_index", "0, must be absent, as it is of cross_entropy"}));
}

TEST(CheckLossTest, HubersDeltaIsAboveZero) {
  EXPECT_THAT(
      LossViolationsOf({.architecture = MlpSpec{}, .loss = Loss::kHuber, .huber_delta = -1}),
      ElementsAre(Violation{"model.huber_delta", "-1, must be above 0 and finite"}));
}

TEST(CheckLossTest, OtherLossesHaveNoDelta) {
  EXPECT_THAT(LossViolationsOf({.architecture = MlpSpec{}, .loss = Loss::kMse, .huber_delta = 2}),
              ElementsAre(Violation{"model.huber_delta", "2, must be absent, as it is of huber"}));
}

TEST(WithDefaultsTest, HubersDeltaIsOne) {
  JobSpec spec;
  spec.model.loss = Loss::kHuber;

  EXPECT_EQ(WithDefaults(spec).model.huber_delta, 1);
}

}  // namespace
}  // namespace descent
