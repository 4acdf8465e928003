#include "tests/simulation/simulated_gang.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

constexpr std::int64_t kGeneration = 3;

// A member of a gang of two that has `granted` steps to do and waits in its next call.
SimulatedRank MakeRank(int rank, std::int64_t granted, const CheckpointDisk& disk) {
  SimulatedRank made({.pool = "p", .world_rank = rank, .world_size = 2, .host = "h"});
  Assign assign{.job = "a", .generation = kGeneration, .world_ranks = {0, 1}, .rank = rank};
  assign.checkpoint_directory = "/checkpoints/a";
  made.Receive(assign);
  made.GoOn();
  made.Prepare(disk);
  made.Receive(Begin{.job = "a", .generation = kGeneration});
  if (granted > 0) made.Receive(GrantSteps{.job = "a", .generation = kGeneration, .last = granted});
  return made;
}

Stop StopGracefully() { return {.job = "a", .generation = kGeneration}; }

TEST(SimulatedGangTest, RanksThatAreInTheSameStepEndItTogether) {
  CheckpointDisk disk;
  SimulatedRank first = MakeRank(0, 2, disk);
  SimulatedRank second = MakeRank(1, 2, disk);
  first.GoOn();
  second.GoOn();

  CompleteCall({&first, &second}, {}, disk);

  EXPECT_EQ(first.current()->state.step, 1);
  EXPECT_EQ(second.current()->state, first.current()->state);
  EXPECT_THAT(second.TakeProblems(), testing::IsEmpty());
}

TEST(SimulatedGangTest, ARankThatStopsWhileAnotherStepsIsBlamed) {
  CheckpointDisk disk;
  SimulatedRank first = MakeRank(0, 2, disk);
  SimulatedRank second = MakeRank(1, 0, disk);
  second.Receive(StopGracefully());
  first.GoOn();
  second.GoOn();

  CompleteCall({&first, &second}, {}, disk);

  EXPECT_THAT(second.TakeProblems(), testing::SizeIs(1));
}

TEST(SimulatedGangTest, AStopThatOneRankHasHeardOfStopsAll) {
  CheckpointDisk disk;
  SimulatedRank first = MakeRank(0, 2, disk);
  SimulatedRank second = MakeRank(1, 2, disk);
  second.Receive(StopGracefully());
  first.GoOn();
  second.GoOn();

  CompleteCall({&first, &second}, {}, disk);

  EXPECT_FALSE(first.current().has_value());
  EXPECT_FALSE(second.current().has_value());
  EXPECT_NE(disk.Find("/checkpoints/a/step-1"), nullptr);
}

TEST(CheckpointDiskTest, AnotherStateOfAStepIsNotTaken) {
  CheckpointDisk disk;
  const TrainingState state = AfterStep(InitialState(1), 1);

  EXPECT_TRUE(disk.Publish("/checkpoints/a", state));
  EXPECT_TRUE(disk.Publish("/checkpoints/a", state));
  EXPECT_FALSE(disk.Publish("/checkpoints/a", AfterStep(InitialState(2), 2)));
}

TEST(TrainingStateTest, AStepThatIsLeftOutOrRepeatedGivesAnotherDigest) {
  const TrainingState once = AfterStep(InitialState(1), 1);
  TrainingState repeated = AfterStep(once, 1);
  repeated.step = 1;

  EXPECT_NE(once.digest, repeated.digest);
  EXPECT_NE(AfterStep({.step = 1, .digest = InitialState(1).digest}, 1), AfterStep(once, 1));
}

}  // namespace
}  // namespace descent
