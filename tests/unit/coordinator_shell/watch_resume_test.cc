#include "coordinator/watch_resume.h"

#include <gtest/gtest.h>

#include "coordinator/job_view.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

StoredEvent Change(std::int64_t sequence, const std::string& from, const std::string& to) {
  return {.sequence = sequence,
          .type = "StateChanged",
          .from_state = from,
          .to_state = to,
          .reason = "Reason" + to};
}

TEST(WatchResumeTest, ATokenIsReadAsItIsWritten) {
  const WatchToken token{.uid = "0123abc", .last_event = 17};

  const Result<WatchToken> read = ParseWatchToken(token.ToText());

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read.value().uid, "0123abc");
  EXPECT_EQ(read.value().last_event, 17);
}

TEST(WatchResumeTest, AnythingElseIsNoToken) {
  for (const char* text :
       {"@", "17", "@17", "abc@", "abc@-1", "abc@1x", "abc@99999999999999999999"})
    EXPECT_FALSE(ParseWatchToken(text).ok()) << text;
}

TEST(WatchResumeTest, ATokenOfTheSameJobIsGood) {
  const Job job = MakeJob("a", 1);

  EXPECT_FALSE(CheckToken({.uid = UidOf(job), .last_event = 5}, job, 5).has_value());
}

TEST(WatchResumeTest, ATokenOfAnotherJobOfTheNameHasExpired) {
  const Job job = MakeJob("a", 2);

  const auto error = CheckToken({.uid = UidOf(MakeJob("a", 1)), .last_event = 5}, job, 9);

  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->reason, "CURSOR_EXPIRED");
  EXPECT_EQ(error->grpc_code, grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(error->metadata.at("oldest_token"), UidOf(job) + "@0");
}

TEST(WatchResumeTest, ATokenOfEventsThatAreLostHasExpired) {
  const Job job = MakeJob("a", 1);

  EXPECT_TRUE(CheckToken({.uid = UidOf(job), .last_event = 6}, job, 5).has_value());
}

TEST(WatchResumeTest, EachStateThatPassedIsAVersionWithATokenOfItsOwn) {
  const v1::Job now = ToProto(MakeJob("a", 1), std::nullopt);

  const auto versions = VersionsPassed(
      now, "u", {Change(3, "QUEUED", "SUSPENDED"), Change(7, "SUSPENDED", "QUEUED")});

  ASSERT_EQ(versions.size(), 1u);
  EXPECT_EQ(versions[0].name(), "jobs/a");
  EXPECT_EQ(versions[0].state(), v1::JOB_STATE_SUSPENDED);
  EXPECT_EQ(versions[0].state_reason(), "ReasonSUSPENDED");
  EXPECT_EQ(versions[0].resume_token(), "u@3");
}

TEST(WatchResumeTest, WhatChangesNoStateIsNoVersion) {
  const v1::Job now = ToProto(MakeJob("a", 1), std::nullopt);

  EXPECT_TRUE(VersionsPassed(now, "u", {Change(3, "QUEUED", "QUEUED")}).empty());
}

}  // namespace
}  // namespace descent
