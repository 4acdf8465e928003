#include "launch/world.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "launch/pool_processes.h"

namespace descent {
namespace {

// Worlds whose mpirun is a shell, in which $DESCENT_POOL is the pool's name.
std::unique_ptr<World> StartShell(const std::string& pool, const std::string& script) {
  return std::move(World::Start({"/bin/sh", "-c", script}, pool)).value();
}

TEST(WorldTest, TheRankThatEndsFirstIsTheCause) {
  const StopSignals signals;
  const std::string pool = DrawPoolName();
  const auto world = StartShell(pool,
                                "echo descent-rank $DESCENT_POOL started 0 h 10 >&2;"
                                "echo descent-rank $DESCENT_POOL started 1 h 11 >&2;"
                                "echo descent-rank $DESCENT_POOL signalled 1 h 11 9 >&2;"
                                "echo descent-rank $DESCENT_POOL exited 0 h 10 1 >&2; sleep 60");

  const WorldEnd end = world->Wait(signals);

  EXPECT_EQ(end.cause.world_rank, 1);
  EXPECT_EQ(end.cause.signal, 9);
  EXPECT_EQ(end.ranks_started, 2);
}

TEST(WorldTest, WithoutARanksEndMpirunsOwnIsTheCause) {
  const StopSignals signals;
  const auto world = StartShell(DrawPoolName(), "echo no such host >&2; exit 3");

  const WorldEnd end = world->Wait(signals);

  EXPECT_EQ(end.cause.world_rank, -1);
  EXPECT_EQ(end.cause.exit_code, 3);
  EXPECT_EQ(end.ranks_started, 0);
  EXPECT_EQ(end.said, "  no such host\n");
}

TEST(WorldTest, AWorldIsRecalledByItsOwner) {
  const StopSignals signals;
  const auto world = StartShell(DrawPoolName(), "sleep 60");
  int asked = 0;

  const WorldEnd end = world->Wait(signals, [&] { return ++asked == 2; });

  EXPECT_TRUE(end.was_recalled);
  EXPECT_FALSE(end.was_asked_to_stop);
}

TEST(WorldTest, AfterKillNoProcessOfItIsLeft) {
  const std::string pool = DrawPoolName();
  const StopSignals signals;
  // One that leaves its session and ignores what can be ignored.
  const auto world =
      StartShell(pool, "setsid sh -c 'trap \"\" TERM HUP; sleep 60' & sleep 0.1; kill -9 $$");
  const WorldEnd end = world->Wait(signals);
  EXPECT_EQ(end.cause.signal, SIGKILL);
  EXPECT_FALSE(FindPoolProcesses(pool).empty());

  world->Kill();

  EXPECT_TRUE(FindPoolProcesses(pool).empty());
}

TEST(WorldTest, StopAsksBeforeItKills) {
  const std::string pool = DrawPoolName();
  const StopSignals signals;
  const auto world = StartShell(
      pool,
      "trap 'exit 0' USR1;"
      "echo descent-rank $DESCENT_POOL exited 5 h 1 0 >&2; while :; do sleep 0.01; done");
  world->Wait(signals);

  const auto start = std::chrono::steady_clock::now();
  world->Stop([] { return std::chrono::seconds(30); });

  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_TRUE(FindPoolProcesses(pool).empty());
}

TEST(WorldTest, ARankThatLeavesAJobIsHeardThoughAnotherEndedBefore) {
  const StopSignals signals;
  const auto world = StartShell(
      DrawPoolName(),
      "trap 'echo descent-rank $DESCENT_POOL exited 1 h 11 75 >&2; exit 0' USR1;"
      "echo descent-rank $DESCENT_POOL exited 0 h 10 0 >&2; while :; do sleep 0.01; done");
  world->Wait(signals);
  EXPECT_FALSE(world->HasRankExitedWith(75));

  world->Stop([] { return std::chrono::seconds(30); });

  EXPECT_TRUE(world->HasRankExitedWith(75));
  EXPECT_TRUE(world->HasRankExitedWith(0));
}

}  // namespace
}  // namespace descent
