#include "coordinator/attempt.h"

#include <gtest/gtest.h>

#include <limits>

#include "common/limits.h"

namespace descent {
namespace {

std::vector<Member> PreparedMembers(int count) {
  std::vector<Member> members;
  for (int rank = 0; rank < count; ++rank)
    members.push_back({.session = static_cast<SessionId>(rank) + 1,
                       .name = "rank " + std::to_string(rank),
                       .prepared = Prepared{.train_samples = 1000}});
  return members;
}

AttemptFailure Failure(const std::string& reason) { return {.record = {.reason = reason}}; }

TEST(AttemptTest, MembersThatSayTheSameAgree) {
  EXPECT_EQ(FindDisagreement(PreparedMembers(3)), std::nullopt);
}

TEST(AttemptTest, TheMinorityIsBlamedForADisagreement) {
  std::vector<Member> members = PreparedMembers(3);
  members[0].prepared->state_digest = {.low = 1};

  const auto difference = FindDisagreement(members);

  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->rank, 0);
  EXPECT_EQ(difference->reason, "StateDiffers");
}

TEST(AttemptTest, OfTwoThatDisagreeRankZeroIsRight) {
  std::vector<Member> members = PreparedMembers(2);
  members[1].prepared->train_samples = 999;

  const auto difference = FindDisagreement(members);

  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->message, "rank 1 has a training set of size 999, rank 0 has 1000");
}

TEST(AttemptTest, ACauseReplacesAVictim) {
  Attempt attempt;

  attempt.Fail(Failure("PeerLost"));
  attempt.Fail(Failure("WorkerLost"));

  EXPECT_EQ(attempt.failure->record.reason, "WorkerLost");
}

TEST(AttemptTest, TheFirstCauseStays) {
  Attempt attempt;

  attempt.Fail(Failure("WorkerLost"));
  attempt.Fail(Failure("DataInvalid"));
  attempt.Fail(Failure("PeerLost"));

  EXPECT_EQ(attempt.failure->record.reason, "WorkerLost");
}

std::vector<std::string> SecondaryReasons(const Attempt& attempt) {
  std::vector<std::string> reasons;
  for (const FailureRecord& failure : attempt.failure->record.secondary)
    reasons.push_back(failure.reason);
  return reasons;
}

TEST(AttemptTest, WhatFailsAfterTheCauseIsRememberedInItsOrder) {
  Attempt attempt;

  attempt.Fail(Failure("PeerLost"));
  attempt.Fail(Failure("WorkerLost"));
  attempt.Fail(Failure("DataInvalid"));

  EXPECT_EQ(attempt.failure->record.reason, "WorkerLost");
  EXPECT_EQ(SecondaryReasons(attempt), (std::vector<std::string>{"PeerLost", "DataInvalid"}));
}

TEST(AttemptTest, ARankThatWasToldToStopHasNotFailed) {
  Attempt attempt;

  attempt.Fail(Failure("WorkerLost"));
  attempt.Fail(Failure("Aborted"));

  EXPECT_TRUE(attempt.failure->record.secondary.empty());
}

TEST(AttemptTest, OnlySoManyFailuresAreRemembered) {
  Attempt attempt;

  for (std::size_t i = 0; i < 2 * limits::kSecondaryFailuresMax; ++i)
    attempt.Fail(Failure("WorkerLost"));

  EXPECT_EQ(attempt.failure->record.secondary.size(), limits::kSecondaryFailuresMax);
}

TEST(AttemptTest, TheMedianStepIsNotMovedByAStepThatTookLong) {
  Attempt attempt;
  EXPECT_EQ(attempt.MedianStepSeconds(), 0);

  attempt.MeasurePace({{.step_seconds = 0.25}, {.step_seconds = 60}, {.step_seconds = 0.5}});

  EXPECT_EQ(attempt.MedianStepSeconds(), 0.5);
}

TEST(AttemptTest, AReleasedMemberIsNotFound) {
  Attempt attempt;
  attempt.members = PreparedMembers(2);
  attempt.members[0].ended = AssignmentEnded();

  EXPECT_EQ(attempt.FindMember(1), nullptr);
  EXPECT_NE(attempt.FindMember(2), nullptr);
}

TEST(AttemptTest, ThePaceIsStepsASecondOfTheFirstReport) {
  Attempt attempt;

  attempt.MeasurePace(
      {{.samples = 100, .step_seconds = 0.25}, {.samples = 100, .step_seconds = 0.25}});

  EXPECT_DOUBLE_EQ(attempt.steps_per_second, 4);
  EXPECT_DOUBLE_EQ(attempt.samples_per_second, 400);
}

TEST(AttemptTest, StepsWithoutAFiniteDurationLeaveThePaceUnknown) {
  Attempt attempt;

  attempt.MeasurePace({{.samples = 100, .step_seconds = 0}});
  attempt.MeasurePace({{.samples = 100, .step_seconds = std::numeric_limits<double>::quiet_NaN()}});
  attempt.MeasurePace({{.samples = 100, .step_seconds = std::numeric_limits<double>::infinity()}});

  EXPECT_EQ(attempt.steps_per_second, 0);
}

}  // namespace
}  // namespace descent
