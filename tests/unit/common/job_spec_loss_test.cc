#include "common/job_spec_loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Violation> ViolationsOf(const ModelSpec& model) {
  SpecChecker checker;
  CheckLoss(model, checker);
  return checker.TakeViolations();
}

TEST(CheckLossTest, AnMlpLearnsByAnyLoss) {
  for (const Loss loss : {Loss::kCrossEntropy, Loss::kBinaryCrossEntropy, Loss::kMse}) {
    EXPECT_THAT(ViolationsOf({.architecture = MlpSpec{}, .loss = loss}), IsEmpty())
        << LossName(loss);
  }
}

TEST(CheckLossTest, AGptLearnsByCrossEntropyAlone) {
  EXPECT_THAT(ViolationsOf({.architecture = GptSpec{}, .loss = Loss::kMse}),
              ElementsAre(Violation{"model.loss",
                                    "mse, must be cross_entropy, by which model.gpt learns"}));
}

TEST(CheckLossTest, HubersDeltaIsAboveZero) {
  EXPECT_THAT(ViolationsOf({.architecture = MlpSpec{}, .loss = Loss::kHuber, .huber_delta = -1}),
              ElementsAre(Violation{"model.huber_delta", "-1, must be above 0 and finite"}));
}

TEST(CheckLossTest, OtherLossesHaveNoDelta) {
  EXPECT_THAT(ViolationsOf({.architecture = MlpSpec{}, .loss = Loss::kMse, .huber_delta = 2}),
              ElementsAre(Violation{"model.huber_delta", "2, must be absent, as it is of huber"}));
}

TEST(WithDefaultsTest, HubersDeltaIsOne) {
  JobSpec spec;
  spec.model.loss = Loss::kHuber;

  EXPECT_EQ(WithDefaults(spec).model.huber_delta, 1);
}

}  // namespace
}  // namespace descent
