#include "coordinator/webhook_outbox.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "coordinator/job_record.h"
#include "coordinator/store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

StoreJob EndOf(const std::string& job_id, std::int64_t sequence) {
  StoreJob change{.job = MakeJob(job_id, sequence),
                  .event_type = "StateChanged",
                  .from_state = "RUNNING",
                  .to_state = "SUCCEEDED"};
  change.job.state = JobState::kSucceeded;
  return change;
}

class WebhookOutboxTest : public testing::Test {
 protected:
  WebhookOutboxTest() { store_->TellWebhooksOf(DefaultWebhookEvents()); }

  std::unique_ptr<Store> OpenStore() {
    Result<std::unique_ptr<Store>> store = Store::Open(file_);
    EXPECT_TRUE(store.ok()) << store.status();
    return std::move(store).value();
  }
  void Register(const std::vector<std::string>& ids) {
    const Status status = WebhookOutbox::Register(file_, ids);
    EXPECT_TRUE(status.ok()) << status;
  }
  WebhookOutbox Open(const std::string& id) { return WebhookOutbox::Open(file_, id).value(); }
  void Commit(const std::vector<Action>& actions, double time = 1000) {
    const Status status = store_->Commit(actions, time);
    EXPECT_TRUE(status.ok()) << status;
  }
  std::int64_t Pending() { return WebhookOutbox::CountPending(file_).value(); }

  const TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_.path() / "state.db";
  const std::unique_ptr<Store> store_ = OpenStore();
};

std::string JobOf(const std::optional<WebhookEntry>& entry) {
  return entry ? DecodeJob(entry->record).value().id : "none";
}

TEST_F(WebhookOutboxTest, AnEntryIsTheEventWithItsJob) {
  Register({"a"});
  Commit({EndOf("one", 1)}, 1234.5);

  const std::optional<WebhookEntry> entry = Open("a").Next().value();

  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->sequence, store_->last_event());
  EXPECT_EQ(entry->event, "JobSucceeded");
  EXPECT_EQ(entry->time, 1234.5);
  EXPECT_EQ(DecodeJob(entry->record).value().state, JobState::kSucceeded);
}

TEST_F(WebhookOutboxTest, WhatIsNotAskedForIsNotKept) {
  Register({"a"});
  Commit({StoreJob{.job = MakeJob("one", 1), .event_type = "Created"},
          StoreJob{.job = MakeJob("one", 1)}});

  EXPECT_FALSE(Open("a").Next().value());
  EXPECT_EQ(Pending(), 0);
}

TEST_F(WebhookOutboxTest, AnEntryStaysUntilItIsAcknowledged) {
  Register({"a"});
  Commit({EndOf("one", 1), EndOf("two", 2)});

  EXPECT_EQ(JobOf(Open("a").Next().value()), "one");
  WebhookOutbox outbox = Open("a");
  const std::optional<WebhookEntry> again = outbox.Next().value();
  EXPECT_EQ(JobOf(again), "one");
  outbox.Acknowledge(again->sequence);
  ASSERT_TRUE(outbox.Save().ok());

  EXPECT_EQ(JobOf(Open("a").Next().value()), "two");
}

// So that a backlog does not take a transaction for each of its entries.
TEST_F(WebhookOutboxTest, ManyAcknowledgementsAreOneRecord) {
  Register({"a"});
  Commit({EndOf("one", 1), EndOf("two", 2), EndOf("three", 3)});
  WebhookOutbox outbox = Open("a");

  outbox.Acknowledge(outbox.Next().value()->sequence);
  outbox.Acknowledge(outbox.Next().value()->sequence);
  EXPECT_EQ(JobOf(outbox.Next().value()), "three");
  EXPECT_EQ(Pending(), 3);
  ASSERT_TRUE(outbox.Save().ok());

  EXPECT_EQ(JobOf(Open("a").Next().value()), "three");
  EXPECT_EQ(Pending(), 1);
}

TEST_F(WebhookOutboxTest, AWebhookThatIsKnownGoesOnWhereItWas) {
  Register({"a"});
  Commit({EndOf("one", 1)});

  Register({"a"});

  EXPECT_EQ(JobOf(Open("a").Next().value()), "one");
}

TEST_F(WebhookOutboxTest, AWebhookThatIsNewBeginsAfterTheNewestEvent) {
  Register({"a"});
  Commit({EndOf("one", 1)});

  Register({"a", "b"});
  Commit({EndOf("two", 2)});

  EXPECT_EQ(JobOf(Open("a").Next().value()), "one");
  EXPECT_EQ(JobOf(Open("b").Next().value()), "two");
}

TEST_F(WebhookOutboxTest, EachWebhookHasItsOwnPlace) {
  Register({"a", "b"});
  Commit({EndOf("one", 1), EndOf("two", 2)});

  WebhookOutbox outbox = Open("a");
  outbox.Acknowledge(outbox.Next().value()->sequence);
  ASSERT_TRUE(outbox.Save().ok());

  EXPECT_EQ(JobOf(Open("a").Next().value()), "two");
  EXPECT_EQ(JobOf(Open("b").Next().value()), "one");
  EXPECT_EQ(Pending(), 3);
}

TEST_F(WebhookOutboxTest, WhatIsOwedToAWebhookThatIsGoneIsForgotten) {
  Register({"a", "b"});
  Commit({EndOf("one", 1)});

  Register({"b"});
  Register({"a", "b"});

  EXPECT_FALSE(Open("a").Next().value());
  EXPECT_EQ(Pending(), 1);
}

TEST_F(WebhookOutboxTest, ADeletedJobIsStillToldOf) {
  Register({"a"});
  Commit({EndOf("one", 1)});

  Commit({ForgetJob{.job_id = "one"}});

  EXPECT_EQ(JobOf(Open("a").Next().value()), "one");
}

TEST_F(WebhookOutboxTest, OnlyWhatIsOlderIsDropped) {
  Register({"a"});
  Commit({EndOf("one", 1), EndOf("two", 2)}, 1000);
  Commit({EndOf("three", 3)}, 2000);
  WebhookOutbox outbox = Open("a");

  EXPECT_EQ(outbox.DropBefore(1000).value(), 0);
  EXPECT_EQ(outbox.DropBefore(2000).value(), 2);

  EXPECT_EQ(JobOf(outbox.Next().value()), "three");
  EXPECT_EQ(Pending(), 1);
}

TEST_F(WebhookOutboxTest, ACommitThatFailsTellsNobody) {
  Register({"a"});

  EXPECT_FALSE(store_->Commit(std::vector<Action>{EndOf("one", 1), EndOf("two", 1)}, 1).ok());

  EXPECT_EQ(Pending(), 0);
}

TEST(WebhookEventTest, ItsNameIsThatOfTheStateThatTheJobCameTo) {
  StoreJob change{.job = MakeJob("a", 1), .event_type = "StateChanged", .from_state = "other"};
  const std::initializer_list<std::pair<JobState, std::string_view>> names = {
      {JobState::kRunning, "JobStarted"},
      {JobState::kRecovering, "JobRecovering"},
      {JobState::kSuspended, "JobSuspended"},
      {JobState::kSucceeded, "JobSucceeded"},
      {JobState::kFailed, "JobFailed"},
      {JobState::kCancelled, "JobCancelled"},
      {JobState::kStarting, ""},
      {JobState::kCancelling, ""}};
  for (const auto& [state, name] : names) {
    change.job.state = state;
    change.to_state = JobStateName(state);
    EXPECT_EQ(WebhookEventOf(change), name) << JobStateName(state);
  }
}

TEST(WebhookEventTest, AChangeThatLeavesTheStateIsNone) {
  StoreJob change{.job = MakeJob("a", 1),
                  .event_type = "CheckpointWritten",
                  .from_state = "RUNNING",
                  .to_state = "RUNNING"};
  change.job.state = JobState::kRunning;

  EXPECT_EQ(WebhookEventOf(change), "");
}

}  // namespace
}  // namespace descent
