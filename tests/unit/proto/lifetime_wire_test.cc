#include "proto/lifetime_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/job_file.h"
#include "proto/wire.h"

namespace descent {
namespace {

constexpr const char* kJob =
    "name: small\n"
    "model: {mlp: {hidden_sizes: [16]}}\n"
    "data: {train: {path: /data/train}}\n"
    "batch: {global: 64}\n"
    "steps: 100\n";

JobFile ReadWith(const std::string& line) { return ReadJobFile(std::string(kJob) + line, {}); }

TEST(LifetimeWireTest, WhatIsGivenComesBackAsItWent) {
  JobSpec sent;
  sent.start_timeout_seconds = 900;
  sent.deadline_seconds = 7200;
  sent.retention = {.days = 0, .deletes_checkpoints = true};
  v1::JobSpec proto;
  JobSpec received;

  SetLifetime(sent, proto);
  ASSERT_TRUE(SetLifetime(proto, received).ok());

  EXPECT_EQ(received.start_timeout_seconds, 900);
  EXPECT_EQ(received.deadline_seconds, 7200);
  EXPECT_EQ(received.retention, sent.retention);
}

// The hash of a spec is over its bytes.
TEST(LifetimeWireTest, WhatIsNotGivenTakesNoBytes) {
  v1::JobSpec proto;

  SetLifetime(JobSpec(), proto);

  EXPECT_EQ(proto.ByteSizeLong(), 0u);
}

TEST(LifetimeWireTest, TheJobFileGivesTimesWithTheirUnits) {
  const JobFile file = ReadWith(
      "start_timeout: 10min\ndeadline: 1h30min\nretention: {days: 30, checkpoints: delete}\n");

  ASSERT_THAT(file.problems, testing::IsEmpty());
  EXPECT_EQ(file.spec.start_timeout_seconds, 600);
  EXPECT_EQ(file.spec.deadline_seconds, 5400);
  EXPECT_EQ(file.spec.retention.days, 30);
  EXPECT_TRUE(file.spec.retention.deletes_checkpoints);
}

TEST(LifetimeWireTest, ANumberInTheJobFileIsOfSeconds) {
  const JobFile file = ReadWith("deadline: 7200\n");

  ASSERT_THAT(file.problems, testing::IsEmpty());
  EXPECT_EQ(file.spec.deadline_seconds, 7200);
}

TEST(LifetimeWireTest, WhatIsNoTimeIsRefusedInItsLine) {
  using testing::ElementsAre;
  EXPECT_THAT(ReadWith("deadline: soon\n").problems,
              ElementsAre(FieldProblem{
                  6, "deadline", "soon, must be a time such as 90s, 10min, 2h, 1h30min or 3d"}));
  EXPECT_THAT(ReadWith("start_timeout: 0s\n").problems,
              ElementsAre(FieldProblem{6, "start_timeout", "0, must be at least 1"}));
  EXPECT_THAT(ReadWith("retention: {days: -1}\n").problems,
              ElementsAre(FieldProblem{6, "retention.days", "-1, must be at least 0"}));
}

TEST(LifetimeWireTest, ADismissalSaysWhatBecameOfTheJob) {
  for (const JobOutcome outcome : {JobOutcome::kSucceeded, JobOutcome::kFailed,
                                   JobOutcome::kCancelled, JobOutcome::kSuspended}) {
    const Result<CoordinatorMessage> received =
        FromProto(ToProto(CoordinatorMessage(Dismiss{outcome})));

    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(std::get<Dismiss>(received.value()).outcome, outcome);
  }
}

}  // namespace
}  // namespace descent
