#include "worker/train/assignment.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string_view>
#include <vector>

#include "common/hash.h"
#include "tests/unit/train/assignment_fixture.h"

namespace descent {
namespace {

using ::testing::HasSubstr;

TEST_F(AssignmentTest, EveryStepIsReportedOnceInOrder) {
  std::vector<std::int64_t> steps;
  for (const StepReports& reports : Run({.world_size = 2}).Messages<StepReports>())
    for (const StepMetrics& metrics : reports.steps) steps.push_back(metrics.step);

  ASSERT_EQ(steps.size(), 40u);
  for (std::size_t i = 0; i < steps.size(); ++i)
    EXPECT_EQ(steps[i], static_cast<std::int64_t>(i) + 1);
}

TEST_F(AssignmentTest, PureStochasticDescentTakesOneSampleAStep) {
  spec_.optimizer.algorithm = SgdSpec{.lr = 0.01};
  spec_.batch = {.global = 1, .micro = 1, .logical_workers = 1};

  const std::vector<StepMetrics> steps = MetricsOf({.world_size = 1});

  ASSERT_EQ(steps.size(), 40u);
  for (const StepMetrics& step : steps) EXPECT_EQ(step.samples, 1);
}

TEST_F(AssignmentTest, FullBatchDescentTakesAllSamplesInAStepAndOnlyGoesDown) {
  std::get<MlpSpec>(spec_.model.architecture).dropout = 0;
  spec_.optimizer = {.algorithm = SgdSpec{.lr = 0.05}};
  spec_.batch = {.global = kAllSamples, .micro = 16, .logical_workers = 8};
  spec_.lr_schedule = {};

  const std::vector<StepMetrics> steps = MetricsOf({.world_size = 3});

  ASSERT_EQ(steps.size(), 40u);
  for (const StepMetrics& step : steps) EXPECT_EQ(step.samples, kTrainSamples);
  for (std::size_t i = 1; i < steps.size(); ++i) EXPECT_LT(steps[i].loss, steps[i - 1].loss) << i;
}

TEST_F(AssignmentTest, AStopAtOneRankStopsAllAfterTheSameStepWithACheckpoint) {
  const InProcessOutcome outcome = Run({.world_size = 3, .stop_rank = 2, .stop_at_step = 10});

  for (const AssignmentEnded& ended : outcome.ended) {
    EXPECT_EQ(ended.outcome, EndOutcome::kStopped);
    EXPECT_EQ(ended.step, outcome.ended[0].step);
  }
  const auto checkpoints = outcome.Messages<CheckpointWritten>();
  ASSERT_EQ(checkpoints.size(), 1u);
  EXPECT_EQ(checkpoints[0].step, outcome.ended[0].step);
}

TEST_F(AssignmentTest, MissingDataFailsWithTheFileNamed) {
  spec_.data.train.path = directory_.path() / "nowhere";

  const AssignmentEnded ended = Run({.world_size = 1}).ended[0];

  EXPECT_EQ(ended.outcome, EndOutcome::kFailed);
  EXPECT_EQ(ended.reason, "DataInvalid");
  EXPECT_THAT(ended.message, HasSubstr("nowhere-images-idx3-ubyte"));
  EXPECT_FALSE(ended.retryable);
}

TEST_F(AssignmentTest, ALossThatIsNotFiniteFailsOnAllRanksInTheSameStep) {
  std::get<AdamWSpec>(spec_.optimizer.algorithm).lr = 1e30;
  spec_.optimizer.clip_norm = 0;

  const InProcessOutcome outcome = Run({.world_size = 3});

  for (const AssignmentEnded& ended : outcome.ended) {
    EXPECT_EQ(ended.reason, "NonFiniteLoss");
    EXPECT_EQ(ended.step, outcome.ended[0].step);
  }
}

TEST_F(AssignmentTest, ACheckpointOfAnotherModelIsRefused) {
  DigestOf({.world_size = 1, .last_step = 10});
  std::get<MlpSpec>(spec_.model.architecture).hidden_sizes = {16, 9};

  const AssignmentEnded ended = Run({.world_size = 1,
                                     .first_step = 10,
                                     .start_checkpoint = CheckpointDirectory() / "step-10"})
                                    .ended[0];

  EXPECT_EQ(ended.reason, "CheckpointMismatch");
}

TEST_F(AssignmentTest, ADamagedCheckpointAndOneThatIsNotThereAreToldApart) {
  DigestOf({.world_size = 1, .last_step = 10});
  const std::filesystem::path whole = CheckpointDirectory() / "step-10";
  const auto start_from = [&](const std::filesystem::path& checkpoint) {
    return Run({.world_size = 1, .first_step = 10, .start_checkpoint = checkpoint}).ended[0];
  };

  EXPECT_EQ(start_from(CheckpointDirectory() / "step-11").reason, "CheckpointMissing");
  std::filesystem::resize_file(whole / "model.safetensors", 100);
  const AssignmentEnded ended = start_from(whole);

  EXPECT_EQ(ended.reason, "CheckpointCorrupt");
  EXPECT_EQ(ended.phase, "load");
}

TEST_F(AssignmentTest, ACheckpointOfALaterFormatIsNotTakenForDamaged) {
  DigestOf({.world_size = 1, .last_step = 10});
  const std::filesystem::path checkpoint = CheckpointDirectory() / "step-10";
  std::ofstream(checkpoint / "manifest.json")
      << R"({"format":99,"manifest_digest":")"
      << Hash(std::as_bytes(std::span(std::string_view(R"({"format":99})")))).ToHex() << "\"}";

  const AssignmentEnded ended =
      Run({.world_size = 1, .first_step = 10, .start_checkpoint = checkpoint}).ended[0];

  EXPECT_EQ(ended.reason, "CheckpointMismatch");
  EXPECT_FALSE(ended.retryable);
  EXPECT_THAT(ended.message, HasSubstr("manifest.json: the manifest has format 99"));
}

TEST_F(AssignmentTest, ACheckpointOfAnotherOptimizerIsRefusedByName) {
  DigestOf({.world_size = 1, .last_step = 10});
  spec_.optimizer.algorithm = SgdSpec{.momentum = 0.9};
  spec_.ema = EmaSpec{};

  const AssignmentEnded ended = Run({.world_size = 1,
                                     .first_step = 10,
                                     .start_checkpoint = CheckpointDirectory() / "step-10"})
                                    .ended[0];

  EXPECT_EQ(ended.reason, "CheckpointMismatch");
  EXPECT_THAT(ended.message,
              HasSubstr("was written by a job with the optimizer adamw, this one has sgd with "
                        "momentum and ema"));
}

TEST_F(AssignmentTest, AGroupThatMatchesNoParameterFailsWithTheNearestNames) {
  spec_.optimizer.groups = {{.match = {"layer.0.weight"}, .is_frozen = true}};

  const AssignmentEnded ended = Run({.world_size = 1}).ended[0];

  EXPECT_EQ(ended.reason, "DataInvalid");
  EXPECT_THAT(ended.message, HasSubstr("optimizer.groups[0].match[0]: \"layer.0.weight\""));
  EXPECT_THAT(ended.message, HasSubstr("such as layers.0.weight"));
}

TEST_F(AssignmentTest, ACheckpointOfAnotherInstructionSetIsRefused) {
  DigestOf({.world_size = 1, .last_step = 10});

  const AssignmentEnded ended = Run({.world_size = 1,
                                     .first_step = 10,
                                     .start_checkpoint = CheckpointDirectory() / "step-10",
                                     .instruction_set = "avx512"})
                                    .ended[0];

  EXPECT_EQ(ended.reason, "CheckpointMismatch");
  EXPECT_THAT(ended.message, HasSubstr("avx2"));
  EXPECT_THAT(ended.message, HasSubstr("avx512"));
}

TEST_F(AssignmentTest, ACheckpointInF32IsLoadedWhetherOrNotThereAreProductsOfBFloat16) {
  DigestOf({.world_size = 1, .last_step = 10, .instruction_set = "avx512"});

  const AssignmentEnded ended = Run({.world_size = 1,
                                     .first_step = 10,
                                     .start_checkpoint = CheckpointDirectory() / "step-10",
                                     .instruction_set = "avx512_bf16"})
                                    .ended[0];

  EXPECT_EQ(ended.outcome, EndOutcome::kCompleted) << ended.message;
}

TEST_F(AssignmentTest, ACheckpointInBFloat16IsRefusedWhereItsProductsHaveOtherBits) {
  spec_.model.precision = Precision::kBFloat16;
  DigestOf({.world_size = 1, .last_step = 10, .instruction_set = "avx512"});

  const AssignmentEnded ended = Run({.world_size = 1,
                                     .first_step = 10,
                                     .start_checkpoint = CheckpointDirectory() / "step-10",
                                     .instruction_set = "avx512_bf16"})
                                    .ended[0];

  EXPECT_EQ(ended.reason, "CheckpointMismatch");
  EXPECT_THAT(ended.message, HasSubstr("avx512_bf16"));
}

TEST_F(AssignmentTest, AModelThatCannotFitIsRefusedBeforeItIsAllocated) {
  std::get<MlpSpec>(spec_.model.architecture).hidden_sizes = {1 << 20, 1 << 19};

  const AssignmentEnded ended = Run({.world_size = 1}).ended[0];

  EXPECT_EQ(ended.reason, "OutOfMemory");
  EXPECT_FALSE(ended.retryable);
}

TEST_F(AssignmentTest, TheCheckpointBeforeTheNewestGoesOnceTheNewestIsRecorded) {
  spec_.checkpoint.keep_last = 1;
  DigestOf({.world_size = 1, .last_step = 10});

  DigestOf({.world_size = 1,
            .first_step = 10,
            .last_step = 20,
            .start_checkpoint = CheckpointDirectory() / "step-10"});

  EXPECT_FALSE(std::filesystem::exists(CheckpointDirectory() / "step-10"));
  EXPECT_TRUE(std::filesystem::exists(CheckpointDirectory() / "step-20"));
}

// It starts the next attempt from the one that it knows, whatever has been written since.
TEST_F(AssignmentTest, NoCheckpointGoesWhileTheCoordinatorRecordsNone) {
  spec_.checkpoint.keep_last = 1;

  DigestOf({.world_size = 1,
            .evaluate_every = 10,
            .saves_in_the_middle = true,
            .is_coordinator_away = true});

  for (const char* name : {"step-10", "step-20", "step-30", "step-40"})
    EXPECT_TRUE(std::filesystem::exists(CheckpointDirectory() / name)) << name;
}

}  // namespace
}  // namespace descent
