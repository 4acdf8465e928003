#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/unit/train/assignment_fixture.h"

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;

TEST_F(AssignmentTest, EvaluationGivesTheSameBitsForAnyNumberOfWorkers) {
  const InProcessOutcome one = Run({.world_size = 1});
  const InProcessOutcome three = Run({.world_size = 3});

  const auto expected = one.Messages<EvaluationReport>();
  const auto found = three.Messages<EvaluationReport>();
  ASSERT_EQ(expected.size(), 2u);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].values, expected[1].values);
}

TEST_F(AssignmentTest, TrainingLearnsTheBlobs) {
  std::get<MlpSpec>(spec_.model.architecture).dropout = 0;
  std::get<AdamWSpec>(spec_.optimizer.algorithm).lr = 0.02;

  const auto evaluations = Run({.world_size = 2}).Messages<EvaluationReport>();

  ASSERT_EQ(evaluations.size(), 2u);
  EXPECT_GT(evaluations[1].values.at(EvaluationMetric::kAccuracy), 0.95);
}

// An average that moves by a thousandth in each of 40 steps, from the weights after the first one,
// has hardly left them; the weights themselves have learnt.
TEST_F(AssignmentTest, TheAverageOfTheWeightsIsWhatIsEvaluated) {
  std::get<MlpSpec>(spec_.model.architecture).dropout = 0;
  spec_.optimizer.algorithm = AdamWSpec{.lr = 0.02};
  const auto weights = Run({.world_size = 2}).Messages<EvaluationReport>();
  std::filesystem::remove_all(CheckpointDirectory());

  spec_.ema = EmaSpec{.decay = 0.999};
  const auto average = Run({.world_size = 2}).Messages<EvaluationReport>();

  ASSERT_EQ(weights.size(), 2u);
  ASSERT_EQ(average.size(), 2u);
  EXPECT_GT(average[1].values.at(EvaluationMetric::kLoss),
            2 * weights[1].values.at(EvaluationMetric::kLoss));
}

TEST_F(AssignmentTest, AnEvaluationHasTheMetricsOfItsData) {
  const auto pictures = Run({.world_size = 1}).Messages<EvaluationReport>();
  ASSERT_FALSE(pictures.empty());
  EXPECT_THAT(pictures[0].values,
              ElementsAre(Key(EvaluationMetric::kLoss), Key(EvaluationMetric::kAccuracy)));

  TrainGptOnText();
  spec_.data.validation = spec_.data.train;
  const auto texts = Run({.world_size = 2, .last_step = 2}).Messages<EvaluationReport>();

  ASSERT_FALSE(texts.empty());
  const EvaluationValues& values = texts[0].values;
  EXPECT_EQ(values.size(), 4u);
  EXPECT_NEAR(values.at(EvaluationMetric::kPerplexity),
              std::exp(values.at(EvaluationMetric::kLoss)), 1e-9);
  EXPECT_GE(values.at(EvaluationMetric::kTopFiveAccuracy), values.at(EvaluationMetric::kAccuracy));
}

TEST_F(AssignmentTest, AnEvaluationOfSomeSamplesIsOfTheSameOnAnyNumberOfWorkers) {
  const auto whole = Run({.world_size = 1}).Messages<EvaluationReport>();
  spec_.evaluate.samples = 270;  // of 301: more than a block
  const auto alone = Run({.world_size = 1}).Messages<EvaluationReport>();
  const auto shared = Run({.world_size = 3}).Messages<EvaluationReport>();

  ASSERT_EQ(alone.size(), 2u);
  ASSERT_EQ(shared.size(), 2u);
  EXPECT_EQ(shared[1].values, alone[1].values);
  EXPECT_NE(alone[1].values, whole[1].values);
  // A share of 270 samples.
  const double right = 270 * alone[1].values.at(EvaluationMetric::kAccuracy);
  EXPECT_NEAR(right, std::round(right), 1e-9);
}

std::vector<EvaluationReport> ReportsOf(const InProcessOutcome& outcome, EvaluationSplit split) {
  auto reports = outcome.Messages<EvaluationReport>();
  std::erase_if(reports, [&](const EvaluationReport& report) { return report.split != split; });
  return reports;
}

TEST_F(AssignmentTest, AFinalStopIsEvaluatedAsAJobWhoseLastStepItWas) {
  spec_.data.test = spec_.data.validation;

  const InProcessOutcome stopped =
      Run({.world_size = 3, .stop_rank = 1, .stop_mode = StopMode::kFinal, .stop_at_step = 10});
  std::filesystem::remove_all(CheckpointDirectory());
  const std::int64_t last_step = stopped.ended[0].step;
  const InProcessOutcome whole = Run({.world_size = 2, .last_step = last_step});

  for (const AssignmentEnded& ended : stopped.ended) {
    EXPECT_EQ(ended.outcome, EndOutcome::kStopped);
    EXPECT_EQ(ended.step, last_step);
  }
  ASSERT_LT(last_step, 20);  // of 40: before the end of the first grant
  const auto found = ReportsOf(stopped, EvaluationSplit::kTest);
  const auto expected = ReportsOf(whole, EvaluationSplit::kTest);
  ASSERT_EQ(found.size(), 1u);
  ASSERT_EQ(expected.size(), 1u);
  EXPECT_EQ(found[0].step, last_step);
  EXPECT_EQ(found[0].values, expected[0].values);
  EXPECT_EQ(stopped.ended[0].state_digest, whole.ended[0].state_digest);
  ASSERT_EQ(stopped.Messages<CheckpointWritten>().size(), 1u);
}

TEST_F(AssignmentTest, AGracefulStopIsNotEvaluatedOnTheTestSet) {
  spec_.data.test = spec_.data.validation;

  const InProcessOutcome stopped = Run({.world_size = 2, .stop_rank = 0, .stop_at_step = 10});

  EXPECT_TRUE(ReportsOf(stopped, EvaluationSplit::kTest).empty());
}

// Rank 0 reports step 9 before it runs step 10, which ends a grant.
TEST_F(AssignmentTest, AStopAtTheLastStepOfAGrantStillEvaluatesIt) {
  spec_.early_stopping = EarlyStoppingSpec{.patience = 2, .min_delta = 1e3};
  const InProcessOutcome undisturbed = Run({.world_size = 2, .evaluate_every = 5});
  std::filesystem::remove_all(CheckpointDirectory());

  const InProcessOutcome stopped =
      Run({.world_size = 2, .evaluate_every = 5, .stop_rank = 0, .stop_at_step = 9});
  const InProcessOutcome resumed = Run({.world_size = 3,
                                        .first_step = 10,
                                        .start_checkpoint = CheckpointDirectory() / "step-10",
                                        .evaluate_every = 5});

  ASSERT_EQ(stopped.ended[0].outcome, EndOutcome::kStopped);
  ASSERT_EQ(stopped.ended[0].step, 10);
  const auto expected = ReportsOf(undisturbed, EvaluationSplit::kValidation);
  const auto found = ReportsOf(stopped, EvaluationSplit::kValidation);
  ASSERT_EQ(expected.size(), 3u);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].step, 10);
  EXPECT_EQ(found[1].values, expected[1].values);
  EXPECT_EQ(resumed.ended[0].outcome, EndOutcome::kStoppedEarly);
  EXPECT_EQ(resumed.ended[0].step, undisturbed.ended[0].step);
  EXPECT_EQ(resumed.ended[0].state_digest, undisturbed.ended[0].state_digest);
}

TEST_F(AssignmentTest, AStopAtAStepThatEndsNoGrantEvaluatesNothing) {
  const InProcessOutcome stopped =
      Run({.world_size = 2, .evaluate_every = 5, .stop_rank = 0, .stop_at_step = 7});

  ASSERT_EQ(stopped.ended[0].step, 8);
  EXPECT_EQ(ReportsOf(stopped, EvaluationSplit::kValidation).size(), 1u);
}

TEST_F(AssignmentTest, AJobThatStopsEarlyIsEvaluatedOnTheTestSet) {
  spec_.data.test = spec_.data.validation;
  spec_.early_stopping = EarlyStoppingSpec{.patience = 2, .min_delta = 1e3};

  const InProcessOutcome outcome = Run({.world_size = 2, .evaluate_every = 5});

  ASSERT_EQ(outcome.ended[0].outcome, EndOutcome::kStoppedEarly);
  const auto found = ReportsOf(outcome, EvaluationSplit::kTest);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].step, outcome.ended[0].step);
}

// No step improves anything by so much.
constexpr EarlyStoppingSpec kImpatient = {.patience = 2, .min_delta = 1e3};

TEST_F(AssignmentTest, EarlyStoppingEndsAllRanksAfterTheSameStepWithACheckpoint) {
  spec_.early_stopping = kImpatient;

  const InProcessOutcome outcome = Run({.world_size = 3, .evaluate_every = 5});

  for (const AssignmentEnded& ended : outcome.ended) {
    EXPECT_EQ(ended.outcome, EndOutcome::kStoppedEarly);
    EXPECT_EQ(ended.step, 15);
    EXPECT_EQ(ended.state_digest, outcome.ended[0].state_digest);
    EXPECT_THAT(ended.message, HasSubstr("2 evaluations did not improve validation/loss"));
    EXPECT_THAT(ended.message, HasSubstr("of step 5"));
  }
  const auto checkpoints = outcome.Messages<CheckpointWritten>();
  ASSERT_EQ(checkpoints.size(), 1u);
  EXPECT_EQ(checkpoints[0].step, 15);
}

TEST_F(AssignmentTest, EarlyStoppingGoesOnWaitingAfterARestartOnOtherWorkers) {
  spec_.early_stopping = kImpatient;
  DigestOf({.world_size = 2, .last_step = 10, .evaluate_every = 5});

  const InProcessOutcome outcome = Run({.world_size = 3,
                                        .first_step = 10,
                                        .start_checkpoint = CheckpointDirectory() / "step-10",
                                        .evaluate_every = 5});

  EXPECT_EQ(outcome.ended[0].outcome, EndOutcome::kStoppedEarly);
  EXPECT_EQ(outcome.ended[0].step, 15);
}

TEST_F(AssignmentTest, AnAttemptThatBeginsWhereEarlyStoppingEndedEndsAtOnce) {
  spec_.early_stopping = kImpatient;
  const std::string stopped = DigestOf({.world_size = 2, .evaluate_every = 5});

  const InProcessOutcome outcome = Run({.world_size = 1,
                                        .first_step = 15,
                                        .start_checkpoint = CheckpointDirectory() / "step-15",
                                        .evaluate_every = 5});

  EXPECT_EQ(outcome.ended[0].outcome, EndOutcome::kStoppedEarly);
  EXPECT_EQ(outcome.ended[0].state_digest.ToHex(), stopped);
  EXPECT_TRUE(outcome.Messages<StepReports>().empty());
}

TEST_F(AssignmentTest, AForkOfAJobThatStoppedEarlyBeginsToWaitAnew) {
  spec_.early_stopping = kImpatient;
  DigestOf({.world_size = 2, .evaluate_every = 5});

  const InProcessOutcome outcome = Run({.world_size = 2,
                                        .first_step = 15,
                                        .start_checkpoint = CheckpointDirectory() / "step-15",
                                        .evaluate_every = 5,
                                        .job = "fork"});

  EXPECT_EQ(outcome.ended[0].outcome, EndOutcome::kStoppedEarly);
  EXPECT_EQ(outcome.ended[0].step, 30);
}

TEST_F(AssignmentTest, AMetricThatTheDataDoNotHaveIsRefused) {
  spec_.checkpoint.best_metric = EvaluationMetric::kPerplexity;

  const AssignmentEnded ended = Run({.world_size = 1}).ended[0];

  EXPECT_EQ(ended.reason, "DataInvalid");
  EXPECT_EQ(ended.message,
            "checkpoint.best.metric: perplexity, must be one that these data have: loss, accuracy");
}

}  // namespace
}  // namespace descent
