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

// Of a job that has these events.
ReadJobEvents Of(std::vector<StoredEvent> events) {
  return [events = std::move(events)](std::int64_t after, int count_max) {
    std::vector<StoredEvent> page;
    for (const StoredEvent& event : events)
      if (event.sequence > after && std::ssize(page) < count_max) page.push_back(event);
    return Result<std::vector<StoredEvent>>(page);
  };
}

std::vector<PassedState> ReadAll(PassedStates states, const ReadJobEvents& events) {
  std::vector<PassedState> all;
  while (!states.IsAtEnd()) {
    const std::vector<PassedState> page = states.ReadPage(events).value();
    all.insert(all.end(), page.begin(), page.end());
  }
  return all;
}

TEST(WatchResumeTest, AStateThatPassedIsAVersionWithATokenOfItsOwn) {
  const Job job = MakeJob("a", 1);
  const v1::Job now = ToProto(job, std::nullopt);

  const v1::Job version = VersionOf(
      now, {.sequence = 3, .state = JobState::kSuspended, .reason = "Why", .message = "because"});

  EXPECT_EQ(version.name(), "jobs/a");
  EXPECT_EQ(version.state(), v1::JOB_STATE_SUSPENDED);
  EXPECT_EQ(version.state_reason(), "Why");
  EXPECT_EQ(version.state_message(), "because");
  EXPECT_EQ(version.resume_token(), UidOf(job) + "@3");
}

TEST(WatchResumeTest, TheNewestChangeIsNotOneThatPassed) {
  const auto passed =
      ReadAll({0, 9}, Of({Change(3, "QUEUED", "SUSPENDED"), Change(7, "SUSPENDED", "QUEUED")}));

  ASSERT_EQ(passed.size(), 1u);
  EXPECT_EQ(passed[0].sequence, 3);
  EXPECT_EQ(passed[0].state, JobState::kSuspended);
  EXPECT_EQ(passed[0].reason, "ReasonSUSPENDED");
}

TEST(WatchResumeTest, WhatChangesNoStateDidNotPass) {
  EXPECT_TRUE(ReadAll({0, 9}, Of({Change(3, "QUEUED", "QUEUED")})).empty());
}

TEST(WatchResumeTest, WhatComesAfterTheLastEventDidNotPass) {
  EXPECT_TRUE(
      ReadAll({0, 3}, Of({Change(3, "QUEUED", "SUSPENDED"), Change(7, "SUSPENDED", "QUEUED")}))
          .empty());
}

TEST(WatchResumeTest, NoStateOfManyPagesIsMissed) {
  std::vector<StoredEvent> events;
  for (int i = 1; i <= 1000; ++i)
    events.push_back(
        Change(2 * i, i % 2 == 0 ? "SUSPENDED" : "QUEUED", i % 2 == 0 ? "QUEUED" : "SUSPENDED"));

  const auto passed = ReadAll({0, 3000}, Of(events));

  ASSERT_EQ(passed.size(), 999u);
  for (int i = 1; i < 1000; ++i) EXPECT_EQ(passed[i - 1].sequence, 2 * i);
}

}  // namespace
}  // namespace descent
