#include "launch/leave_time.h"

#include <gtest/gtest.h>

#include "launch/mpirun_command.h"

namespace descent {
namespace {

using std::chrono::seconds;

TEST(LeaveTimeTest, ARankThatMaySaveForLongIsWaitedForAsLong) {
  EXPECT_GT(RankLeaveTime(600), seconds(600));
  EXPECT_GT(RankLeaveTime(std::nullopt), seconds(60)) << "what descent-worker takes by default";
}

TEST(LeaveTimeTest, ALauncherWaitsLongerThanTheProcessesAroundItsRanks) {
  EXPECT_GT(WorldLeaveTime(600), RankLeaveTime(600));
  EXPECT_GT(WorldLeaveTime(std::nullopt), RankLeaveTime(std::nullopt));
}

TEST(LeaveTimeTest, TheProcessAroundARankKnowsWhatTheLauncherWasTold) {
  PoolOptions pool{.coordinator = "c:1", .leave_timeout_seconds = 600};
  const LaunchSite site{
      .mpirun_program = "mpirun", .launch_program = "launch", .worker_program = "worker"};

  EXPECT_EQ(LeaveTimeoutIn(MpirunCommand(pool, site)), 600);
  pool.leave_timeout_seconds.reset();
  EXPECT_EQ(LeaveTimeoutIn(MpirunCommand(pool, site)), std::nullopt);
}

TEST(LeaveTimeTest, WhatIsNoNumberOfSecondsSaysNothing) {
  EXPECT_EQ(LeaveTimeoutIn({"worker", "--leave-timeout"}), std::nullopt);
  EXPECT_EQ(LeaveTimeoutIn({"worker", "--leave-timeout", "soon"}), std::nullopt);
}

}  // namespace
}  // namespace descent
