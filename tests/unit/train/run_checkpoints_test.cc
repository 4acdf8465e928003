#include "worker/train/run_checkpoints.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/open_file_limit.h"
#include "tests/unit/train/assignment_fixture.h"
#include "worker/checkpoint/checkpoint_reader.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Attempts whose saves are skipped, because the volume is short of space.
class RunCheckpointsTest : public AssignmentTest {
 protected:
  // No volume has as much.
  static constexpr LowWatermark kEverything = {.bytes = std::int64_t{1} << 60, .fraction = 1};

  RunCheckpointsTest() {
    spec_.checkpoint.keep_last = 100;
    spec_.checkpoint.every_steps = 10;
  }

  template <typename Message>
  static std::vector<std::int64_t> StepsOf(const InProcessOutcome& outcome) {
    std::vector<std::int64_t> steps;
    for (const Message& message : outcome.Messages<Message>()) steps.push_back(message.step);
    return steps;
  }
};

TEST_F(RunCheckpointsTest, BelowTheWatermarkOnlyTheLastOneIsWritten) {
  const InProcessOutcome outcome = Run({.world_size = 2, .low_watermark = kEverything});

  EXPECT_THAT(StepsOf<CheckpointSkipped>(outcome), ElementsAre(10, 20, 30));
  EXPECT_THAT(StepsOf<CheckpointWritten>(outcome), ElementsAre(40));
  EXPECT_THAT(outcome.Messages<CheckpointSkipped>()[0].message,
              HasSubstr(CheckpointDirectory().string() + " has "));
  for (const AssignmentEnded& ended : outcome.ended)
    EXPECT_EQ(ended.outcome, EndOutcome::kCompleted) << ended.reason << ": " << ended.message;
  EXPECT_EQ(VerifyCheckpoint(CheckpointDirectory() / "step-40").value().state_digest,
            outcome.ended[0].state_digest);
}

TEST_F(RunCheckpointsTest, SavesThatAreSkippedLeaveTheBitsAsTheyAre) {
  const std::string undisturbed = DigestOf({.world_size = 1});
  for (const UpdateKind update : {UpdateKind::kReplicated, UpdateKind::kSharded}) {
    std::filesystem::remove_all(CheckpointDirectory());
    spec_.update = update;

    EXPECT_EQ(DigestOf({.world_size = 3,
                        .shares_memory = update == UpdateKind::kSharded,
                        .low_watermark = kEverything}),
              undisturbed);
  }
}

TEST_F(RunCheckpointsTest, AStopIsSavedAlsoWhereTheSaveOfItsStepCouldWait) {
  const InProcessOutcome outcome =
      Run({.world_size = 2, .stop_rank = 0, .stop_at_step = 9, .low_watermark = kEverything});

  ASSERT_EQ(outcome.ended[0].outcome, EndOutcome::kStopped);
  EXPECT_THAT(StepsOf<CheckpointWritten>(outcome), ElementsAre(10));
  EXPECT_THAT(StepsOf<CheckpointSkipped>(outcome), IsEmpty());
}

TEST_F(RunCheckpointsTest, OneThatWasAskedForIsWritten) {
  const InProcessOutcome outcome = Run({.world_size = 2,
                                        .save_requests = {{.rank = 0, .at_step = 7}},
                                        .low_watermark = kEverything});

  EXPECT_THAT(StepsOf<CheckpointWritten>(outcome), ElementsAre(8, 40));
  EXPECT_EQ(outcome.Messages<CheckpointWritten>()[0].request, 1);
}

TEST_F(RunCheckpointsTest, WhatARollbackGoesBackToIsWritten) {
  spec_.nonfinite.action = NonfiniteAction::kRollback;

  const InProcessOutcome outcome = Run({.world_size = 2, .low_watermark = kEverything});

  EXPECT_THAT(StepsOf<CheckpointWritten>(outcome), ElementsAre(10, 20, 30, 40));
}

// It is told when a later step looks, or as the next one begins.
TEST_F(RunCheckpointsTest, OneThatFindsNoSpaceIsSkippedAndTheNextIsWritten) {
  const std::string undisturbed = DigestOf({.world_size = 2});
  std::filesystem::remove_all(CheckpointDirectory());
  std::optional<OpenFileLimit> full;
  const auto fill = [&full](const WorkerMessage& message) {
    const auto* const steps = std::get_if<StepReports>(&message);
    if (steps != nullptr && steps->steps[0].step == 9) full.emplace();
    if (std::holds_alternative<CheckpointSkipped>(message)) full.reset();
  };

  const InProcessOutcome outcome = Run({.world_size = 2, .on_report = fill});

  EXPECT_THAT(StepsOf<CheckpointSkipped>(outcome), ElementsAre(10));
  EXPECT_THAT(StepsOf<CheckpointWritten>(outcome), ElementsAre(20, 30, 40));
  for (const AssignmentEnded& ended : outcome.ended)
    EXPECT_EQ(ended.state_digest.ToHex(), undisturbed) << ended.reason << ": " << ended.message;
}

TEST_F(RunCheckpointsTest, OneThatWasAskedForAndFindsNoSpaceIsToldAsThat) {
  std::optional<OpenFileLimit> full;
  const auto fill = [&full](const WorkerMessage& message) {
    const auto* const steps = std::get_if<StepReports>(&message);
    if (steps != nullptr && steps->steps[0].step == 7) full.emplace();
    if (std::holds_alternative<CheckpointSkipped>(message)) full.reset();
  };

  const InProcessOutcome outcome =
      Run({.world_size = 2, .save_requests = {{.rank = 0, .at_step = 7}}, .on_report = fill});

  ASSERT_THAT(StepsOf<CheckpointSkipped>(outcome), ElementsAre(8));
  EXPECT_EQ(outcome.Messages<CheckpointSkipped>()[0].request, 1);
}

TEST_F(RunCheckpointsTest, TheLastOneThatFindsNoSpaceEndsTheAttemptAndLeavesTheOlder) {
  Run({.world_size = 2, .last_step = 20});
  const std::filesystem::path older = CheckpointDirectory() / "step-20";
  spec_.checkpoint.every_steps = 0;  // no other write is on its way when the space is gone
  std::optional<OpenFileLimit> full;
  const auto fill = [&full](const WorkerMessage& message) {
    const auto* const steps = std::get_if<StepReports>(&message);
    if (steps != nullptr && steps->steps[0].step == 39) full.emplace();
  };

  const InProcessOutcome outcome =
      Run({.world_size = 2, .first_step = 20, .start_checkpoint = older, .on_report = fill});
  full.reset();

  EXPECT_EQ(outcome.ended[0].outcome, EndOutcome::kFailed);
  EXPECT_EQ(outcome.ended[0].reason, "DiskFull");
  EXPECT_TRUE(VerifyCheckpoint(older).ok());
}

}  // namespace
}  // namespace descent
