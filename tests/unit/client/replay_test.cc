#include "client/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/version.h"

namespace descent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RecordedStep Recorded() {
  return {.job = "blobs-1",
          .step = 30,
          .spec = {},
          .worker_version = kVersion,
          .dataset_fingerprint = "d",
          .loss = 0.1,
          .grad_norm = 2.5,
          .parameters_digest = "",
          .state_digest = "5",
          .attempts = {{.attempt = 1, .workers = {"h/0", "h/1"}, .end_time = 9, .end_step = 40}}};
}

ReplayedStep Replayed() {
  return {.from_step = 20,
          .loss = 0.1,
          .grad_norm = 2.5,
          .parameters_digest = "4",
          .state_digest = "5",
          .dataset_fingerprint = "d"};
}

TEST(ReplayTest, TheLastLineOfTheWorkerIsRead) {
  const auto step = ReadReplayedStep(
      "a line of talk\n"
      R"({"from_step":20,"step":30,"loss":0.1,"grad_norm":2.5,"state_digest":"5"})"
      "\n");

  ASSERT_TRUE(step.ok()) << step.status();
  EXPECT_EQ(step.value().from_step, 20);
  EXPECT_EQ(step.value().loss, 0.1);
  EXPECT_EQ(step.value().state_digest, "5");
}

TEST(ReplayTest, WhatIsNoAnswerIsAnError) { EXPECT_FALSE(ReadReplayedStep("a line of talk").ok()); }

TEST(ReplayTest, WhatWasNotRecordedDoesNotCount) {
  const StepComparison comparison = Compare(Recorded(), Replayed());

  EXPECT_TRUE(comparison.is_equal());
  EXPECT_THAT(ComparisonText(comparison), HasSubstr("was not recorded"));
  EXPECT_THAT(ComparisonText(comparison), HasSubstr("step 30 was computed right"));
}

TEST(ReplayTest, ALossThatIsNotOnRecordIsNotTakenForOneThatWasNotFinite) {
  RecordedStep recorded = Recorded();
  recorded.loss.reset();
  recorded.grad_norm.reset();
  EXPECT_TRUE(Compare(recorded, Replayed()).is_equal());

  recorded.is_nonfinite = true;

  EXPECT_FALSE(Compare(recorded, Replayed()).is_equal());
  EXPECT_THAT(ComparisonText(Compare(recorded, Replayed())),
              HasSubstr("differs: not finite was recorded"));
}

TEST(ReplayTest, WhereNothingIsOnRecordNothingIsSaidToBeRight) {
  RecordedStep recorded = Recorded();
  recorded.loss.reset();
  recorded.grad_norm.reset();
  recorded.state_digest.clear();

  EXPECT_THAT(ComparisonText(Compare(recorded, Replayed())),
              HasSubstr("nothing is recorded of step 30"));
}

TEST(ReplayTest, ALossThatDiffersInItsLastBitDiffers) {
  RecordedStep recorded = Recorded();
  recorded.loss = 0.10000000000000002;

  const StepComparison comparison = Compare(recorded, Replayed());

  EXPECT_FALSE(comparison.is_equal());
  EXPECT_THAT(ComparisonText(comparison), HasSubstr("differs: 0.10000000000000002 was recorded"));
}

TEST(ReplayTest, WhatDiffersIsHardwareOfTheWorkersThatComputedIt) {
  RecordedStep recorded = Recorded();
  recorded.state_digest = "6";

  const std::string text = ComparisonText(Compare(recorded, Replayed()));

  EXPECT_THAT(text, HasSubstr("what differs is hardware"));
  EXPECT_THAT(text, HasSubstr("the workers that computed it (h/0, h/1)"));
}

TEST(ReplayTest, RanksThatAreKnownToHaveDivergedAreTold) {
  RecordedStep recorded = Recorded();
  recorded.state_digest = "6";
  recorded.attempts[0].failure =
      FailureView{.reason = "StateDiverged", .message = "rank 1 is alone", .log_tail = {}};

  EXPECT_THAT(ComparisonText(Compare(recorded, Replayed())),
              HasSubstr("attempt 1: rank 1 is alone"));
}

TEST(ReplayTest, NothingFollowsWhereTheDataOrTheProgramAreOthers) {
  RecordedStep other_data = Recorded();
  other_data.loss = 1;
  other_data.dataset_fingerprint = "e";
  RecordedStep other_program = Recorded();
  other_program.loss = 1;
  other_program.worker_version = "0.0.1";

  for (const RecordedStep& recorded : {other_data, other_program}) {
    const std::string text = ComparisonText(Compare(recorded, Replayed()));

    EXPECT_THAT(text, HasSubstr("nothing follows from the difference"));
    EXPECT_THAT(text, Not(HasSubstr("hardware")));
  }
}

}  // namespace
}  // namespace descent
