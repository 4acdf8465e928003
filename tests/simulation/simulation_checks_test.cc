#include "tests/simulation/simulation_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

// What is found where job "a" fails for that reason, on record as its coordinator would put it.
std::vector<std::string> FoundWhereAJobFails(const std::string& reason, int attempts) {
  const CheckpointDisk disk{};
  ActionObserver observer;
  SimulationChecks checks;
  Job job{.id = "a"};
  job.spec.restarts_max = 3;
  checks.Check(Tick(), {StoreJob{.job = job, .event_type = "Created"}}, observer, disk);
  job.state = JobState::kFailed;
  job.state_reason = reason;
  job.attempts_without_progress = attempts;
  checks.Check(Tick(), {StoreJob{.job = job, .event_type = "StateChanged"}}, observer, disk);
  return checks.violations();
}

TEST(SimulationChecksTest, AJobThatFailsForNoReasonOfItsUserIsFound) {
  EXPECT_THAT(FoundWhereAJobFails("StateDiverged", 1), testing::SizeIs(1));
}

TEST(SimulationChecksTest, AJobThatGivesUpBeforeItsRestartsAreUsedIsFound) {
  EXPECT_THAT(FoundWhereAJobFails("RestartsExhausted", 3), testing::SizeIs(1));
}

TEST(SimulationChecksTest, AJobMayUseUpItsRestarts) {
  EXPECT_THAT(FoundWhereAJobFails("RestartsExhausted", 4), testing::IsEmpty());
}

}  // namespace
}  // namespace descent
