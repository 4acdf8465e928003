#include "worker/train/end_reason.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

// A checkpoint that an attempt finds corrupt is given up for the one before it.
TEST(EndReasonTest, WhatIsMissingBeforeTheCheckpointIsReadIsNoFaultOfTheCheckpoint) {
  EXPECT_EQ(ReasonOf(Status(Code::kNotFound, "no such file"), "prepare"), "DataInvalid");
}

TEST(EndReasonTest, ACheckpointThatIsNotThereIsMissing) {
  EXPECT_EQ(ReasonOf(Status(Code::kNotFound, "no such directory"), "load"), "CheckpointMissing");
}

TEST(EndReasonTest, ACheckpointThatIsNotWholeIsCorrupt) {
  EXPECT_EQ(ReasonOf(Status(Code::kDataLoss, "a digest differs"), "load"), "CheckpointCorrupt");
}

}  // namespace
}  // namespace descent
