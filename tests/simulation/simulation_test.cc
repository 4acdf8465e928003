#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/simulation/cluster_simulation.h"

namespace descent {
namespace {

constexpr std::uint64_t kSeedsOfATest = 50;

// From one worker to some worlds of them.
SimulationOptions OptionsOf(std::uint64_t seed) {
  return {.seed = seed, .workers = 1 + static_cast<int>(seed % 24), .fault_hours = 0.03};
}

std::string Replay(std::uint64_t seed) {
  return "replay it with `simulate cluster --workers " + std::to_string(OptionsOf(seed).workers) +
         " --hours 0.03 --seeds 1 --first-seed " + std::to_string(seed) + " --trace`";
}

class SimulatedSeedsTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SimulatedSeedsTest, NoFaultBreaksAnInvariantAndEveryJobEnds) {
  for (std::uint64_t seed = GetParam(); seed < GetParam() + kSeedsOfATest; ++seed) {
    const SimulationReport report = ClusterSimulation(OptionsOf(seed)).Run();

    ASSERT_THAT(report.violations, testing::IsEmpty()) << Replay(seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulatedSeedsTest, testing::Values(1, 51, 101, 151));

TEST(ClusterSimulationTest, OneSeedGivesOneTrace) {
  std::set<std::uint64_t> traces;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const SimulationReport first = ClusterSimulation(OptionsOf(seed)).Run();
    const SimulationReport second = ClusterSimulation(OptionsOf(seed)).Run();

    EXPECT_EQ(first.trace, second.trace) << Replay(seed);
    traces.insert(first.trace);
  }

  EXPECT_EQ(traces.size(), 5u);
}

TEST(ClusterSimulationTest, WhatHappensDoesNotDependOnTheWallClock) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SimulationOptions options = OptionsOf(seed);
    options.has_deadlines = false;
    options.fault_gap_seconds = 2;

    const SimulationReport moved = ClusterSimulation(options).Run();
    options.sets_wall_clock = false;
    const SimulationReport steady = ClusterSimulation(options).Run();

    EXPECT_EQ(moved.trace, steady.trace) << "seed " << seed;
  }
}

TEST(ClusterSimulationTest, ThousandsOfWorkersGoThroughTheSame) {
  const SimulationReport report =
      ClusterSimulation({.seed = 1, .workers = 2000, .fault_hours = 0.01, .fault_gap_seconds = 1})
          .Run();

  EXPECT_THAT(report.violations, testing::IsEmpty());
  EXPECT_GT(report.steps, 1000);
}

// A fault that never happens, or jobs that never run, would break nothing.
TEST(ClusterSimulationTest, AllFaultsHappenAmongJobsThatRun) {
  SimulationReport all;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SimulationOptions options = OptionsOf(seed);
    options.fault_hours = 0.1;
    const SimulationReport report = ClusterSimulation(options).Run();
    for (const auto& [fault, count] : report.faults) all.faults[fault] += count;
    for (const auto& [end, count] : report.ends) all.ends[end] += count;
    all.resizes += report.resizes;
  }

  EXPECT_EQ(all.faults.size(), 13u);
  EXPECT_GT(all.ends["SUCCEEDED"], 0);
  EXPECT_GT(all.ends["CANCELLED"], 0);
  EXPECT_GT(all.resizes, 0);
}

}  // namespace
}  // namespace descent
