#include "proto/nonfinite_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/job_file.h"
#include "proto/wire.h"

namespace descent {
namespace {

TEST(NonfiniteWireTest, EveryActionComesBackAsItWent) {
  for (const NonfiniteAction action :
       {NonfiniteAction::kFail, NonfiniteAction::kSkip, NonfiniteAction::kRollback}) {
    JobSpec sent;
    sent.nonfinite = {.action = action, .max = 4};
    v1::JobSpec proto;
    JobSpec received;

    SetNonfinite(sent, proto);
    ASSERT_TRUE(SetNonfinite(proto, received).ok());

    EXPECT_EQ(received.nonfinite.action, action);
    EXPECT_EQ(received.nonfinite.max, 4);
  }
}

TEST(NonfiniteWireTest, AStepThatIsNotFiniteComesBackAsItWent) {
  const StepMetrics sent = {
      .nonfinite = NonfiniteReport{.action = NonfiniteAction::kRollback, .message = "step 3"}};
  v1::StepMetrics proto;
  StepMetrics received;

  SetNonfinite(sent, proto);
  ASSERT_TRUE(SetNonfinite(proto, received).ok());

  EXPECT_EQ(received.nonfinite, sent.nonfinite);
}

TEST(NonfiniteWireTest, AFiniteStepSaysNothing) {
  v1::StepMetrics proto;
  StepMetrics received;

  SetNonfinite(StepMetrics{}, proto);
  ASSERT_TRUE(SetNonfinite(proto, received).ok());

  EXPECT_FALSE(received.nonfinite);
}

TEST(NonfiniteWireTest, TheJobFileSaysWhatFollows) {
  const JobFile file = ReadJobFile("nonfinite: {action: skip, max: 3}\n", {});

  EXPECT_EQ(file.spec.nonfinite.action, NonfiniteAction::kSkip);
  EXPECT_EQ(file.spec.nonfinite.max, 3);
}

TEST(NonfiniteWireTest, ARollbackNeedsCheckpointsOnTheWay) {
  const JobFile file = ReadJobFile("nonfinite: {action: rollback, max: 0}\n", {});

  std::vector<std::string> messages;
  for (const FieldProblem& problem : file.problems) messages.push_back(problem.message);
  EXPECT_THAT(messages, ::testing::Contains("0, must be at least 1"));
  EXPECT_THAT(messages, ::testing::Contains("rollback without checkpoint.every_steps, must be "
                                            "given with checkpoints on the way to go back to"));
}

}  // namespace
}  // namespace descent
