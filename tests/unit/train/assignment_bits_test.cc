#include <filesystem>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "tests/unit/train/assignment_fixture.h"

namespace descent {
namespace {

TEST_F(AssignmentTest, TheStateHasTheSameBitsForAnyNumberOfWorkers) {
  const std::string one_worker = DigestOf({.world_size = 1});

  for (const int world_size : {2, 3, 5, 8})
    EXPECT_EQ(DigestOf({.world_size = world_size}), one_worker) << world_size << " workers";
}

TEST_F(AssignmentTest, TheStateHasTheSameBitsForAnyNumberOfThreads) {
  const std::string one_thread = DigestOf({.world_size = 2});

  spec_.workers.threads = 2;

  EXPECT_EQ(DigestOf({.world_size = 2}), one_thread);
}

TEST_F(AssignmentTest, AResumedRunOnOtherWorkersEndsWithTheSameBits) {
  const std::string undisturbed = DigestOf({.world_size = 2});
  std::filesystem::remove_all(CheckpointDirectory());

  DigestOf({.world_size = 3, .last_step = 22});
  const std::string resumed = DigestOf(
      {.world_size = 4, .first_step = 22, .start_checkpoint = CheckpointDirectory() / "step-22"});

  EXPECT_EQ(resumed, undisturbed);
}

TEST_F(AssignmentTest, ComparedStatesHaveTheSameDigestsOnAnyRanksAndChangeNoBit) {
  const std::string undisturbed = DigestOf({.world_size = 1});
  spec_.verify_every = 8;
  std::set<std::string> digests;
  const auto collect = [&](const WorkerMessage& message) {
    const auto* steps = std::get_if<StepReports>(&message);
    if (steps == nullptr || steps->steps[0].step != 24) return;
    digests.insert(steps->steps[0].parameters_digest.value_or(Digest()).ToHex());
  };

  for (const UpdateKind update : {UpdateKind::kReplicated, UpdateKind::kSharded}) {
    spec_.update = update;
    for (const int world_size : {1, 3})
      EXPECT_EQ(DigestOf({.world_size = world_size, .on_report = collect}), undisturbed)
          << world_size << " workers";
  }

  EXPECT_EQ(digests.size(), 1u);
  EXPECT_NE(*digests.begin(), Digest().ToHex());
}

TEST_F(AssignmentTest, TheStateHasTheSameBitsHoweverTheUpdateIsSharedOut) {
  const std::string replicated = DigestOf({.world_size = 1});

  spec_.update = UpdateKind::kSharded;

  for (const int world_size : {1, 2, 3, 4})
    EXPECT_EQ(DigestOf({.world_size = world_size}), replicated) << world_size << " workers";
}

TEST_F(AssignmentTest, TheStateHasTheSameBitsWhereRanksShareMemory) {
  const std::string messages = DigestOf({.world_size = 1});

  for (const UpdateKind update : {UpdateKind::kReplicated, UpdateKind::kSharded}) {
    spec_.update = update;
    for (const int world_size : {1, 2, 3, 4})
      EXPECT_EQ(DigestOf({.world_size = world_size, .shares_memory = true}), messages)
          << world_size << " workers";
  }
}

TEST_F(AssignmentTest, AGptHasTheSameBitsForAnyWorkersCollectiveAndUpdate) {
  TrainGptOnText();
  const std::string one_worker = DigestOf({.world_size = 1, .last_step = 4});

  for (const UpdateKind update : {UpdateKind::kReplicated, UpdateKind::kSharded}) {
    spec_.update = update;
    for (const bool shares_memory : {false, true})
      for (const int world_size : {1, 2, 3, 4})
        EXPECT_EQ(
            DigestOf({.world_size = world_size, .last_step = 4, .shares_memory = shares_memory}),
            one_worker)
            << world_size << " workers";
  }
}

// Without clipping by the norm, ranks of one thread update each block as they add it up.
TEST_F(AssignmentTest, AnUpdateInsideTheReductionHasTheSameBits) {
  spec_.optimizer.clip_norm = 0;
  const std::string afterwards = DigestOf({.world_size = 1});

  spec_.update = UpdateKind::kSharded;
  for (const int threads : {1, 2}) {
    spec_.workers.threads = threads;
    for (const bool shares_memory : {false, true})
      for (const int world_size : {2, 3})
        EXPECT_EQ(DigestOf({.world_size = world_size, .shares_memory = shares_memory}), afterwards)
            << world_size << " workers of " << threads << " threads";
  }
}

TEST_F(AssignmentTest, ACheckpointOfOneKindOfUpdateContinuesUnderTheOther) {
  const std::string undisturbed = DigestOf({.world_size = 2});
  for (const UpdateKind first : {UpdateKind::kReplicated, UpdateKind::kSharded})
    for (const bool shares_memory : {false, true}) {
      std::filesystem::remove_all(CheckpointDirectory());
      spec_.update = first;
      DigestOf({.world_size = 3, .last_step = 22, .shares_memory = shares_memory});

      spec_.update = first == UpdateKind::kSharded ? UpdateKind::kReplicated : UpdateKind::kSharded;
      const std::string resumed = DigestOf({.world_size = 2,
                                            .first_step = 22,
                                            .start_checkpoint = CheckpointDirectory() / "step-22",
                                            .shares_memory = !shares_memory});

      EXPECT_EQ(resumed, undisturbed);
    }
}

// The grants save in the middle of a sharded run as well: the moments are gathered, and dropped.
TEST_F(AssignmentTest, ACheckpointOnTheWayDoesNotChangeTheBitsOfAShardedRun) {
  const std::string undisturbed = DigestOf({.world_size = 3});
  spec_.update = UpdateKind::kSharded;

  const std::string disturbed = DigestOf({.world_size = 3, .saves_in_the_middle = true});

  EXPECT_EQ(disturbed, undisturbed);
  EXPECT_TRUE(std::filesystem::exists(CheckpointDirectory() / "step-20"));
}

TEST_F(AssignmentTest, AnotherSeedGivesOtherBits) {
  const std::string first = DigestOf({.world_size = 1});
  std::filesystem::remove_all(CheckpointDirectory());

  spec_.seed = 8;

  EXPECT_NE(DigestOf({.world_size = 1}), first);
}

TEST_F(AssignmentTest, TrainingSignalsHaveTheSameBitsForAnyWorkersCollectiveAndUpdate) {
  const std::vector<StepMetrics> alone = MetricsOf({.world_size = 1});
  ASSERT_EQ(alone.size(), 40u);
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_TRUE(alone[i].noise.has_value()) << i;
    EXPECT_GT(alone[i].noise->mean.noise, 0) << i;
    EXPECT_EQ(alone[i].noise->steps, static_cast<std::int64_t>(i) + 1) << i;
    EXPECT_EQ(alone[i].update_ratio.has_value(), i % 10 == 0) << i;
  }
  EXPECT_GT(*alone[0].update_ratio, 0);

  for (const UpdateKind update : {UpdateKind::kReplicated, UpdateKind::kSharded}) {
    spec_.update = update;
    for (const bool shares_memory : {false, true})
      for (const int world_size : {2, 3, 8}) {
        const std::vector<StepMetrics> shared =
            MetricsOf({.world_size = world_size, .shares_memory = shares_memory});
        ASSERT_EQ(shared.size(), alone.size());
        for (std::size_t i = 0; i < alone.size(); ++i) {
          EXPECT_EQ(shared[i].noise, alone[i].noise) << world_size << " workers, step " << i;
          EXPECT_EQ(shared[i].update_ratio, alone[i].update_ratio) << world_size << ", step " << i;
        }
      }
  }
}

TEST_F(AssignmentTest, TheMeansOfTheNoiseGoOnFromACheckpointWithTheSameBits) {
  const std::vector<StepMetrics> undisturbed =
      MetricsOf({.world_size = 2, .saves_in_the_middle = true});

  const std::vector<StepMetrics> resumed = MetricsOf(
      {.world_size = 3, .first_step = 20, .start_checkpoint = CheckpointDirectory() / "step-20"});

  ASSERT_EQ(undisturbed.size(), 40u);
  ASSERT_EQ(resumed.size(), 20u);
  for (std::size_t i = 0; i < resumed.size(); ++i) {
    EXPECT_TRUE(resumed[i].noise.has_value()) << i;
    EXPECT_EQ(resumed[i].noise, undisturbed[20 + i].noise) << i;
  }
}

TEST_F(AssignmentTest, AForkCountsTheNoiseAnew) {
  DigestOf({.world_size = 2, .saves_in_the_middle = true});

  const std::vector<StepMetrics> forked =
      MetricsOf({.world_size = 2,
                 .first_step = 20,
                 .start_checkpoint = CheckpointDirectory() / "step-20",
                 .job = "fork"});

  ASSERT_EQ(forked.size(), 20u);
  EXPECT_EQ(forked[0].noise->steps, 1);
}

TEST_F(AssignmentTest, OneLogicalWorkerTellsNothingOfTheNoise) {
  spec_.batch.logical_workers = 1;

  for (const StepMetrics& metrics : MetricsOf({.world_size = 1})) EXPECT_FALSE(metrics.noise);
}

}  // namespace
}  // namespace descent
