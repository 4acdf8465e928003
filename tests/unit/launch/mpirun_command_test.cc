#include "launch/mpirun_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

const LaunchSite kUserSite = {.mpirun_program = "/usr/bin/mpirun",
                              .launch_program = "/opt/bin/descent-launch",
                              .worker_program = "/opt/bin/descent-worker",
                              .is_root = false};

TEST(MpirunCommandTest, OnOneMachineAnyNumberOfRanksIsPermitted) {
  const PoolOptions pool = {.ranks = 4, .coordinator = "127.0.0.1:9091"};

  EXPECT_THAT(MpirunCommand(pool, kUserSite),
              ElementsAre("/usr/bin/mpirun", "-n", "4", "--oversubscribe", "--bind-to", "none",
                          "/opt/bin/descent-launch", "--rank-wrapper", "/opt/bin/descent-worker",
                          "--coordinator", "127.0.0.1:9091"));
}

TEST(MpirunCommandTest, OnlyRootIsAllowedToRunAsRoot) {
  const PoolOptions pool = {.ranks = 1, .coordinator = "c:1"};
  LaunchSite root_site = kUserSite;
  root_site.is_root = true;

  EXPECT_THAT(MpirunCommand(pool, root_site), Contains("--allow-run-as-root"));
  EXPECT_THAT(MpirunCommand(pool, kUserSite), Not(Contains("--allow-run-as-root")));
}

TEST(MpirunCommandTest, WithHostsTheFileSaysHowManyRanksFit) {
  const PoolOptions pool = {.ranks = 8, .coordinator = "c:1", .host_file = "hosts"};

  EXPECT_THAT(MpirunCommand(pool, kUserSite),
              ElementsAre("/usr/bin/mpirun", "-n", "8", "--hostfile", "hosts", "-x", "DESCENT_POOL",
                          "/opt/bin/descent-launch", "--rank-wrapper", "/opt/bin/descent-worker",
                          "--coordinator", "c:1"));
}

TEST(MpirunCommandTest, WhereHostsAreLeftOutTheOthersAreNamed) {
  const PoolOptions pool = {
      .ranks = 3, .coordinator = "c:1", .host_file = "hosts", .hosts = {{"a", 2}, {"b", 1}}};

  EXPECT_THAT(MpirunCommand(pool, kUserSite),
              ElementsAre("/usr/bin/mpirun", "-n", "3", "--host", "a:2,b:1", "-x", "DESCENT_POOL",
                          "/opt/bin/descent-launch", "--rank-wrapper", "/opt/bin/descent-worker",
                          "--coordinator", "c:1"));
}

TEST(MpirunCommandTest, OptionsOfTheCallerComeAfterOursAsTheyAre) {
  const PoolOptions pool = {
      .ranks = 2, .coordinator = "c:1", .mpirun_options = {"--mca", "btl", "self; rm -rf /"}};

  EXPECT_THAT(MpirunCommand(pool, kUserSite),
              ElementsAre("/usr/bin/mpirun", "-n", "2", "--oversubscribe", "--bind-to", "none",
                          "--mca", "btl", "self; rm -rf /", "/opt/bin/descent-launch",
                          "--rank-wrapper", "/opt/bin/descent-worker", "--coordinator", "c:1"));
}

TEST(MpirunCommandTest, TheTimeToLeaveReachesTheRanksOfEveryHost) {
  const PoolOptions pool = {
      .ranks = 2, .coordinator = "c:1", .host_file = "hosts", .leave_timeout_seconds = 5};

  EXPECT_THAT(MpirunCommand(pool, kUserSite),
              ElementsAre("/usr/bin/mpirun", "-n", "2", "--hostfile", "hosts", "-x", "DESCENT_POOL",
                          "/opt/bin/descent-launch", "--rank-wrapper", "/opt/bin/descent-worker",
                          "--coordinator", "c:1", "--leave-timeout", "5"));
}

TEST(MpirunCommandTest, TheWorkersAreToldWhichJobIsTheirOnlyOne) {
  const PoolOptions pool = {.ranks = 1, .coordinator = "c:1", .only_job = "mnist-7k2qd"};

  EXPECT_THAT(MpirunCommand(pool, kUserSite),
              ElementsAre("/usr/bin/mpirun", "-n", "1", "--oversubscribe", "--bind-to", "none",
                          "/opt/bin/descent-launch", "--rank-wrapper", "/opt/bin/descent-worker",
                          "--coordinator", "c:1", "--job", "mnist-7k2qd"));
}

TEST(MpirunCommandTest, AProfileIsTheWorkersBusiness) {
  const PoolOptions pool = {
      .ranks = 1, .coordinator = "c:1", .profile = {.directory = "/p", .steps = 2}};

  EXPECT_THAT(MpirunCommand(pool, kUserSite),
              ElementsAre("/usr/bin/mpirun", "-n", "1", "--oversubscribe", "--bind-to", "none",
                          "/opt/bin/descent-launch", "--rank-wrapper", "/opt/bin/descent-worker",
                          "--coordinator", "c:1", "--profile", "/p", "--profile-steps", "2",
                          "--profile-warmup", "5"));
}

}  // namespace
}  // namespace descent
