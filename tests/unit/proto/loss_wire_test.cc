#include "proto/loss_wire.h"

#include <gtest/gtest.h>

#include <optional>

#include "common/job_spec_loss.h"
#include "proto/wire.h"

namespace descent {
namespace {

TEST(LossWireTest, EveryLossComesBackAsItWent) {
  for (const Loss loss :
       {Loss::kCrossEntropy, Loss::kBinaryCrossEntropy, Loss::kMse, Loss::kHuber}) {
    v1::ModelSpec sent;
    SetLoss({.architecture = MlpSpec{}, .loss = loss, .huber_delta = 0.5}, sent);
    ModelSpec received;

    ASSERT_TRUE(SetLoss(sent, received).ok());

    EXPECT_EQ(received.loss, loss) << LossName(loss);
    EXPECT_EQ(received.huber_delta, 0.5);
  }
}

TEST(LossWireTest, SmoothingComesBackAsItWent) {
  v1::ModelSpec sent;
  SetLoss({.architecture = MlpSpec{}, .label_smoothing = 0.1}, sent);
  ModelSpec received;

  ASSERT_TRUE(SetLoss(sent, received).ok());

  EXPECT_EQ(received.label_smoothing, 0.1);
}

TEST(LossWireTest, AnIgnoredLabelComesBackAsItWent) {
  for (const std::optional<std::int64_t> ignore_index :
       {std::optional<std::int64_t>(), {-100}, {0}}) {
    v1::ModelSpec sent;
    SetLoss({.architecture = MlpSpec{}, .ignore_index = ignore_index}, sent);
    ModelSpec received;

    ASSERT_TRUE(SetLoss(sent, received).ok());

    EXPECT_EQ(received.ignore_index, ignore_index);
  }
}

TEST(LossWireTest, LinearRegressionLearnsByItsSquaredErrorUnlessToldOtherwise) {
  v1::JobSpec sent;
  sent.mutable_model()->mutable_linear_regression();
  EXPECT_EQ(FromProto(sent).value().model.loss, Loss::kMse);

  sent.mutable_model()->set_loss(v1::LOSS_HUBER);
  EXPECT_EQ(FromProto(sent).value().model.loss, Loss::kHuber);
}

TEST(LossWireTest, BothRegressionsComeBackAsTheyWent) {
  JobSpec spec;
  spec.model.architecture = LinearRegressionSpec{};
  const ModelSpec linear = FromProto(ToProto(spec)).value().model;
  EXPECT_TRUE(std::holds_alternative<LinearRegressionSpec>(linear.architecture));

  spec.model.architecture = LogisticRegressionSpec{};
  const ModelSpec logistic = FromProto(ToProto(spec)).value().model;
  EXPECT_TRUE(std::holds_alternative<LogisticRegressionSpec>(logistic.architecture));
}

TEST(LossWireTest, ALossThatIsNotKnownIsRefusedByItsField) {
  v1::ModelSpec sent;
  sent.set_loss(static_cast<v1::Loss>(99));
  ModelSpec received;

  EXPECT_EQ(SetLoss(sent, received).message(),
            "model.loss has the unknown value 99: the sender is newer than this program");
}

}  // namespace
}  // namespace descent
