#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/blob_dataset.h"
#include "tests/unit/train/assignment_fixture.h"
#include "worker/train/nonfinite_step.h"

namespace descent {
namespace {

using ::testing::HasSubstr;

// The pixels of sample 20 become infinite by normalisation, those of all others 0. An epoch has
// seven steps, one of which has that sample.
class NonfiniteTest : public AssignmentTest {
 protected:
  NonfiniteTest() {
    BlobDataset{.samples = kTrainSamples, .only_lit = 20}.Write(directory_.path() / "train");
    spec_.data.normalize.std = {1e-300};
    spec_.data.validation.reset();
  }

  // Of the steps [0, 40): those, by number, that made no update.
  std::vector<std::int64_t> NonfiniteSteps() {
    std::vector<std::int64_t> steps;
    for (const StepMetrics& metrics : MetricsOf({.world_size = 1}))
      if (metrics.nonfinite) steps.push_back(metrics.step - 1);
    return steps;
  }

  // After so many steps.
  std::string DigestAfter(std::int64_t steps) {
    std::filesystem::remove_all(CheckpointDirectory());
    return DigestOf({.world_size = 2, .last_step = steps});
  }
};

TEST_F(NonfiniteTest, AFailureNamesTheSampleOnEveryRank) {
  const std::string alone = Run({.world_size = 1}).ended[0].message;

  EXPECT_THAT(alone, HasSubstr("the loss is nan and the norm of the gradient is nan"));
  EXPECT_THAT(alone, HasSubstr("of 8, sample 20 of data.train, from " +
                               (directory_.path() / "train-images-idx3-ubyte").string()));
  for (const AssignmentEnded& ended : Run({.world_size = 3}).ended) {
    EXPECT_EQ(ended.reason, "NonFiniteLoss");
    EXPECT_EQ(ended.message, alone);
    EXPECT_FALSE(ended.retryable);
  }
}

TEST_F(NonfiniteTest, ASkippedStepLeavesTheStateAndCountsOn) {
  spec_.nonfinite.action = NonfiniteAction::kSkip;
  spec_.checkpoint.every_steps = 5;

  const std::vector<std::int64_t> skipped = NonfiniteSteps();

  ASSERT_GE(skipped.size(), 5u);  // one in each of the epochs
  const std::int64_t step = skipped[2];
  EXPECT_EQ(DigestAfter(step + 1), DigestAfter(step));
  EXPECT_NE(DigestAfter(step + 2), DigestAfter(step));
}

// Without clipping by the norm, a sharded update has been written by the time that the norm is
// known.
TEST_F(NonfiniteTest, ASkippedStepDropsAnUpdateThatWasWrittenInTheReduction) {
  spec_.nonfinite.action = NonfiniteAction::kSkip;
  spec_.optimizer.clip_norm = 0;
  const std::int64_t step = NonfiniteSteps().at(2);
  const std::string replicated = DigestAfter(step + 2);

  spec_.update = UpdateKind::kSharded;

  EXPECT_EQ(DigestAfter(step + 1), DigestAfter(step));
  EXPECT_EQ(DigestAfter(step + 2), replicated);
}

TEST_F(NonfiniteTest, ARollbackBringsTheScheduledCheckpointBack) {
  spec_.nonfinite.action = NonfiniteAction::kRollback;
  spec_.checkpoint.every_steps = 5;
  spec_.lr_schedule = {};

  const std::vector<std::int64_t> lost = NonfiniteSteps();

  ASSERT_GE(lost.size(), 5u);
  const std::int64_t step = lost[2];
  const std::int64_t checkpoint = step - step % 5;
  ASSERT_GE(checkpoint, 10);
  EXPECT_EQ(DigestAfter(step + 1), DigestAfter(checkpoint));
  EXPECT_NE(DigestAfter(step + 2), DigestAfter(checkpoint));
}

TEST_F(NonfiniteTest, ARollbackBeforeTheFirstCheckpointStartsAnew) {
  spec_.nonfinite.action = NonfiniteAction::kRollback;
  spec_.checkpoint.every_steps = 100;

  const std::vector<StepMetrics> metrics = MetricsOf({.world_size = 1});

  ASSERT_EQ(metrics.size(), 40u);
  for (const StepMetrics& step : metrics) {
    if (!step.nonfinite) continue;
    EXPECT_THAT(step.nonfinite->message, HasSubstr("went back to the state after 0 steps"));
  }
}

TEST_F(NonfiniteTest, MoreInARowThanAllowedFailTheJob) {
  spec_.nonfinite = {.action = NonfiniteAction::kSkip, .max = 3};
  std::get<AdamWSpec>(spec_.optimizer.algorithm).lr = 1e30;
  spec_.data.normalize.std = {1};

  const InProcessOutcome outcome = Run({.world_size = 2});

  ASSERT_EQ(outcome.ended[0].reason, "NonFiniteLoss");
  EXPECT_THAT(outcome.ended[0].message, HasSubstr("4 in a row, nonfinite.max is 3"));
  std::int64_t skipped = 0;
  for (const StepReports& reports : outcome.Messages<StepReports>())
    skipped += reports.steps[0].nonfinite ? 1 : 0;
  EXPECT_EQ(skipped, 3);
}

TEST_F(NonfiniteTest, TheRowGoesOnAfterARestart) {
  spec_.nonfinite = {.action = NonfiniteAction::kSkip, .max = 3};
  std::get<AdamWSpec>(spec_.optimizer.algorithm).lr = 1e30;
  spec_.data.normalize.std = {1};
  const std::int64_t failed_at = Run({.world_size = 2}).ended[0].step;
  std::filesystem::remove_all(CheckpointDirectory());
  const std::int64_t middle = failed_at - 1;  // two of the row are done

  DigestOf({.world_size = 2, .last_step = middle});
  const InProcessOutcome resumed =
      Run({.world_size = 1,
           .first_step = middle,
           .start_checkpoint = CheckpointDirectory() / ("step-" + std::to_string(middle))});

  EXPECT_EQ(resumed.ended[0].step, failed_at);
}

TEST(NonfiniteStepTest, ManySamplesAreCountedAndTheFirstNamed) {
  const NonfiniteStep step = {.loss = 1.5,
                              .gradient_norm = HUGE_VAL,
                              .logical_workers = {0, 2},
                              .logical_worker_count = 4,
                              .sample_count = 12,
                              .first_samples = {5, 3}};

  EXPECT_EQ(Describe(step),
            "the loss is 1.5 and the norm of the gradient is inf, both must be finite: logical "
            "workers 0, 2 of 4, 12 samples of data.train: 5, 3, …");
}

TEST(NonfiniteStepTest, TheFilesOfTheSamplesAreNamed) {
  const NonfiniteStep step = {.loss = 1.5,
                              .gradient_norm = HUGE_VAL,
                              .logical_workers = {2},
                              .logical_worker_count = 4,
                              .sample_count = 2,
                              .first_samples = {5, 3},
                              .files = {"cats/5.png", "dogs/3.png"}};

  EXPECT_THAT(Describe(step), HasSubstr("2 of 4, samples 5, 3 of data.train, from cats/5.png, "
                                        "dogs/3.png"));
}

}  // namespace
}  // namespace descent
