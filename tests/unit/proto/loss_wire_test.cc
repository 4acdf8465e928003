#include "proto/loss_wire.h"

#include <gtest/gtest.h>

#include "common/job_spec_loss.h"

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

TEST(LossWireTest, ALossThatIsNotKnownIsRefusedByItsField) {
  v1::ModelSpec sent;
  sent.set_loss(static_cast<v1::Loss>(99));
  ModelSpec received;

  EXPECT_EQ(SetLoss(sent, received).message(),
            "model.loss has the unknown value 99: the sender is newer than this program");
}

}  // namespace
}  // namespace descent
