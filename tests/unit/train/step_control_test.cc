#include "worker/train/step_control.h"

#include <gtest/gtest.h>

#include <thread>

namespace descent {
namespace {

TEST(StepControlTest, GrantsComeOutInTheOrderTheyWentIn) {
  StepControl control;
  control.PutGrant({.first = 0, .last = 10});
  control.PutGrant({.first = 10, .last = 20});

  EXPECT_EQ(control.WaitForGrant()->last, 10);
  EXPECT_EQ(control.WaitForGrant()->last, 20);
}

TEST(StepControlTest, AStopIsObeyedOnlyAfterTheLastGrant) {
  StepControl control;
  control.PutGrant({.first = 0, .last = 10});
  control.RequestStop(StopMode::kGraceful);

  EXPECT_TRUE(control.WaitForGrant().has_value());
  EXPECT_FALSE(control.WaitForGrant().has_value());
}

TEST(StepControlTest, AnAbortVoidsTheGrantsThatAreLeft) {
  StepControl control;
  control.PutGrant({.first = 0, .last = 10});
  control.Abort();

  EXPECT_FALSE(control.WaitForGrant().has_value());
  EXPECT_TRUE(control.is_aborted());
}

TEST(StepControlTest, AnAbortWakesWhoWaitsAndCallsTheHookOnce) {
  StepControl control;
  int calls = 0;
  control.SetOnAbort([&calls] { ++calls; });
  std::thread aborter([&control] {
    control.Abort();
    control.Abort();
  });

  EXPECT_FALSE(control.WaitForBegin().has_value());

  aborter.join();
  EXPECT_EQ(calls, 1);
}

TEST(StepControlTest, AHookThatIsSetAfterTheAbortRunsAtOnce) {
  StepControl control;
  control.Abort();
  bool has_run = false;

  control.SetOnAbort([&has_run] { has_run = true; });

  EXPECT_TRUE(has_run);
}

TEST(StepControlTest, AStopBeforeTheBeginningEndsTheWait) {
  StepControl control;
  control.RequestStop(StopMode::kGraceful);

  EXPECT_FALSE(control.WaitForBegin().has_value());
}

TEST(StepControlTest, ARankThatProposesAStopStillWaitsForGrants) {
  StepControl control;
  control.ProposeStop();
  std::thread coordinator([&control] { control.PutGrant({.first = 0, .last = 10}); });

  const std::optional<GrantSteps> grant = control.WaitForGrant();

  coordinator.join();
  ASSERT_TRUE(grant.has_value());
  EXPECT_EQ(grant->last, 10);
  EXPECT_TRUE(control.requests().stop);
}

TEST(StepControlTest, ARankThatProposesAStopStillWaitsForTheBeginning) {
  StepControl control;
  control.ProposeStop();
  std::thread coordinator([&control] { control.PutBegin({.total_steps = 10}); });

  const std::optional<Begin> begin = control.WaitForBegin();

  coordinator.join();
  EXPECT_TRUE(begin.has_value());
}

TEST(StepControlTest, StepsThatAreGrantedAgainAreRunOnce) {
  StepControl control;
  control.PutGrant({.first = 0, .last = 10, .evaluate = true});
  control.PutGrant({.first = 10, .last = 15});

  control.PutGrant({.first = 0, .last = 10, .evaluate = true});
  control.PutGrant({.first = 10, .last = 20, .save_checkpoint = true});

  EXPECT_EQ(control.granted(), 20);
  EXPECT_EQ(control.WaitForGrant()->last, 10);
  EXPECT_EQ(control.WaitForGrant()->last, 15);
  const std::optional<GrantSteps> rest = control.WaitForGrant();
  EXPECT_EQ(rest->first, 15);
  EXPECT_EQ(rest->last, 20);
  EXPECT_TRUE(rest->save_checkpoint);
}

TEST(StepControlTest, AFinalStopStaysFinalWhateverFollows) {
  StepControl control;
  control.RequestStop(StopMode::kGraceful);
  EXPECT_FALSE(control.requests().evaluate_test);

  control.RequestStop(StopMode::kFinal);
  control.RequestStop(StopMode::kGraceful);

  EXPECT_TRUE(control.requests().stop);
  EXPECT_TRUE(control.requests().evaluate_test);
}

TEST(StepControlTest, ARequestToSaveThatIsRepeatedIsTheSame) {
  StepControl control;
  control.RequestCheckpoint(2);
  control.RequestCheckpoint(1);

  EXPECT_EQ(control.requests().checkpoint, 2);
  EXPECT_FALSE(control.requests().stop);
}

}  // namespace
}  // namespace descent
