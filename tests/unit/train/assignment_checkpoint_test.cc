#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <variant>
#include <vector>

#include "tests/unit/train/assignment_fixture.h"
#include "worker/checkpoint/checkpoint_reader.h"

namespace descent {
namespace {

using testing::ElementsAre;

// Checkpoints that are written while the steps after them run.
class AssignmentCheckpointTest : public AssignmentTest {
 protected:
  AssignmentCheckpointTest() { spec_.checkpoint.keep_last = 100; }

  static std::vector<std::int64_t> StepsWritten(const InProcessOutcome& outcome) {
    std::vector<std::int64_t> steps;
    for (const CheckpointWritten& written : outcome.Messages<CheckpointWritten>())
      steps.push_back(written.step);
    return steps;
  }
};

TEST_F(AssignmentCheckpointTest, EachIsReportedOnceInOrderWithTheStateOfItsStep) {
  spec_.checkpoint.every_steps = 5;

  const InProcessOutcome outcome = Run({.world_size = 2});

  EXPECT_THAT(StepsWritten(outcome), ElementsAre(5, 10, 15, 20, 25, 30, 35, 40));
  for (const CheckpointWritten& written : outcome.Messages<CheckpointWritten>())
    EXPECT_EQ(VerifyCheckpoint(written.directory).value().state_digest, written.state_digest);
  EXPECT_EQ(outcome.Messages<CheckpointWritten>().back().state_digest,
            outcome.ended[0].state_digest);
}

TEST_F(AssignmentCheckpointTest, AnyOfThemLeadsToTheStateOfAnUndisturbedRun) {
  const std::string undisturbed = DigestOf({.world_size = 1});
  std::filesystem::remove_all(CheckpointDirectory());
  spec_.checkpoint.every_steps = 3;
  spec_.update = UpdateKind::kSharded;
  DigestOf({.world_size = 3, .last_step = 30, .shares_memory = true});

  for (const char* name : {"step-3", "step-15", "step-30"}) {
    const std::filesystem::path checkpoint = CheckpointDirectory() / name;
    const std::int64_t step = ReadManifest(checkpoint).value().description.step;
    EXPECT_EQ(DigestOf({.world_size = 2, .first_step = step, .start_checkpoint = checkpoint}),
              undisturbed)
        << name;
  }
}

// The coordinator takes an evaluation for one of the checkpoint that it hears of next.
TEST_F(AssignmentCheckpointTest, IsReportedBeforeAnyLaterEvaluation) {
  const InProcessOutcome outcome =
      Run({.world_size = 2, .evaluate_every = 2, .saves_in_the_middle = true});

  std::int64_t evaluated = 0;
  for (const WorkerMessage& message : outcome.messages) {
    if (const auto* evaluation = std::get_if<EvaluationReport>(&message))
      evaluated = evaluation->step;
    const auto* const written = std::get_if<CheckpointWritten>(&message);
    EXPECT_TRUE(!written || written->step == evaluated);
  }
  EXPECT_EQ(StepsWritten(outcome).size(), 20u);
}

TEST_F(AssignmentCheckpointTest, AStopJustBehindOneLeavesBoth) {
  spec_.checkpoint.every_steps = 10;

  const InProcessOutcome outcome = Run({.world_size = 2, .stop_rank = 0, .stop_at_step = 11});

  ASSERT_EQ(outcome.ended[0].outcome, EndOutcome::kStopped);
  ASSERT_LT(outcome.ended[0].step, 20);
  EXPECT_THAT(StepsWritten(outcome), ElementsAre(10, outcome.ended[0].step));
}

TEST_F(AssignmentCheckpointTest, OneThatIsBeingWrittenWhenTheAttemptFailsIsFinishedAndReported) {
  spec_.checkpoint.every_steps = 10;

  const InProcessOutcome outcome = Run({.world_size = 2, .abort_rank = 1, .stop_at_step = 11});

  EXPECT_EQ(outcome.ended[0].outcome, EndOutcome::kFailed);
  EXPECT_EQ(outcome.ended[0].reason, "PeerLost");
  ASSERT_FALSE(StepsWritten(outcome).empty());
  EXPECT_EQ(StepsWritten(outcome).front(), 10);
  EXPECT_TRUE(VerifyCheckpoint(CheckpointDirectory() / "step-10").ok());
}

TEST_F(AssignmentCheckpointTest, OneThatCannotBeWrittenEndsTheAttemptInItsPhase) {
  spec_.checkpoint.every_steps = 10;
  std::filesystem::create_directories(CheckpointDirectory());
  std::ofstream(CheckpointDirectory() / "step-10") << "no directory";

  const InProcessOutcome outcome = Run({.world_size = 2});

  EXPECT_EQ(outcome.ended[0].reason, "CheckpointCorrupt");
  EXPECT_EQ(outcome.ended[0].phase, "checkpoint");
  EXPECT_GE(outcome.ended[0].step, 10);
  EXPECT_EQ(outcome.ended[1].outcome, EndOutcome::kFailed);
  EXPECT_TRUE(StepsWritten(outcome).empty());
}

// Rank 0 reports step 7 after it, so a request then is told in the exchange of step 8 by rank 0
// itself, and by another rank in that one or the next.
TEST_F(AssignmentCheckpointTest, ARequestAtAnyRankIsObeyedByAllAfterTheSameStep) {
  const std::string undisturbed = DigestOf({.world_size = 3});
  for (const int rank : {0, 2}) {
    std::filesystem::remove_all(CheckpointDirectory());

    const InProcessOutcome outcome =
        Run({.world_size = 3, .save_requests = {{.rank = rank, .at_step = 7}}});

    for (const AssignmentEnded& ended : outcome.ended)
      EXPECT_EQ(ended.state_digest.ToHex(), undisturbed) << ended.reason << ": " << ended.message;
    const auto written = outcome.Messages<CheckpointWritten>();
    ASSERT_EQ(written.size(), 2u);
    EXPECT_GE(written[0].step, 8);
    EXPECT_LE(written[0].step, 9);
    EXPECT_EQ(written[0].request, 1);
    EXPECT_EQ(VerifyCheckpoint(written[0].directory).value().state_digest, written[0].state_digest);
  }
}

TEST_F(AssignmentCheckpointTest, ARequestThatReachesTheRanksInDifferentStepsIsObeyedOnce) {
  const InProcessOutcome outcome = Run(
      {.world_size = 3, .save_requests = {{.rank = 0, .at_step = 7}, {.rank = 1, .at_step = 12}}});

  EXPECT_THAT(StepsWritten(outcome), ElementsAre(8, 40));
}

TEST_F(AssignmentCheckpointTest, EachRequestIsObeyed) {
  const InProcessOutcome outcome =
      Run({.world_size = 2,
           .save_requests = {{.rank = 0, .at_step = 7}, {.rank = 0, .at_step = 12, .number = 2}}});

  EXPECT_THAT(StepsWritten(outcome), ElementsAre(8, 13, 40));
}

TEST_F(AssignmentCheckpointTest, ARequestForAStepThatIsSavedAnywayAddsNothing) {
  spec_.checkpoint.every_steps = 10;

  const InProcessOutcome outcome =
      Run({.world_size = 2, .save_requests = {{.rank = 0, .at_step = 9}}});

  EXPECT_THAT(StepsWritten(outcome), ElementsAre(10, 20, 30, 40));
  EXPECT_EQ(outcome.Messages<CheckpointWritten>()[0].request, 1);
}

// Or the best checkpoint would depend on who asked when.
TEST_F(AssignmentCheckpointTest, ARequestAtAnEvaluationIsObeyedAfterIt) {
  const InProcessOutcome outcome =
      Run({.world_size = 2, .evaluate_every = 10, .save_requests = {{.rank = 0, .at_step = 9}}});

  std::vector<std::string> order;
  for (const WorkerMessage& message : outcome.messages) {
    if (const auto* evaluation = std::get_if<EvaluationReport>(&message))
      order.push_back("evaluated " + std::to_string(evaluation->step));
    if (const auto* written = std::get_if<CheckpointWritten>(&message))
      order.push_back("saved " + std::to_string(written->step));
  }
  ASSERT_GE(order.size(), 2u);
  EXPECT_EQ(order[0], "evaluated 10");
  EXPECT_EQ(order[1], "saved 10");
}

}  // namespace
}  // namespace descent
