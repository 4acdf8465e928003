#include "coordinator/store.h"

#include <gtest/gtest.h>

#include "coordinator/event_log.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

std::int64_t CountRows(const std::filesystem::path& file, const std::string& table) {
  Result<Database> database = Database::OpenReadOnly(file);
  EXPECT_TRUE(database.ok()) << database.status();
  Result<Statement> rows = database.value().Prepare("SELECT COUNT(*) FROM " + table);
  EXPECT_TRUE(rows.ok()) << rows.status();
  EXPECT_TRUE(rows.value().Step().ok());
  return rows.value().Integer(0);
}

class StoreTest : public testing::Test {
 protected:
  std::unique_ptr<Store> Open() {
    Result<std::unique_ptr<Store>> store = Store::Open(file_);
    EXPECT_TRUE(store.ok()) << store.status();
    return std::move(store).value();
  }
  Restore Load() {
    Result<Restore> restore = Open()->Load();
    EXPECT_TRUE(restore.ok()) << restore.status();
    return std::move(restore).value();
  }
  Status Commit(const std::vector<Action>& actions) { return Open()->Commit(actions, 1234.5); }

  const TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_.path() / "state.db";
};

TEST_F(StoreTest, ANewStoreIsEmpty) {
  const Restore restore = Load();

  EXPECT_TRUE(restore.jobs.empty());
  EXPECT_EQ(restore.last_generation, 0);
}

TEST_F(StoreTest, JobsComeBackInOrderOfCreationAfterReopening) {
  ASSERT_TRUE(Commit({StoreJob{.job = MakeJob("zebra", 1)}}).ok());
  ASSERT_TRUE(Commit({StoreJob{.job = MakeJob("ant", 2)}}).ok());

  const Restore restore = Load();

  ASSERT_EQ(restore.jobs.size(), 2u);
  EXPECT_EQ(restore.jobs[0].id, "zebra");
  EXPECT_EQ(restore.jobs[1].id, "ant");
}

TEST_F(StoreTest, TheNewestVersionOfAJobReplacesTheOlder) {
  Job job = MakeJob("a", 1);
  ASSERT_TRUE(Commit({StoreJob{.job = job}}).ok());
  job.state = JobState::kFailed;
  ASSERT_TRUE(Commit({StoreJob{.job = job}}).ok());

  const Restore restore = Load();

  ASSERT_EQ(restore.jobs.size(), 1u);
  EXPECT_EQ(restore.jobs[0].state, JobState::kFailed);
}

TEST_F(StoreTest, TheGenerationComesBackAfterReopening) {
  ASSERT_TRUE(Commit({StoreGeneration{3}}).ok());
  ASSERT_TRUE(Commit({StoreGeneration{4}}).ok());

  EXPECT_EQ(Load().last_generation, 4);
}

TEST_F(StoreTest, TheNewestCordonOfAWorkerComesBackAfterReopening) {
  ASSERT_TRUE(
      Commit({StoreCordon{{.pool = "p", .world_rank = 1, .cordon = Cordon::kCordoned}}}).ok());
  ASSERT_TRUE(
      Commit({StoreCordon{{.pool = "p", .world_rank = 1, .cordon = Cordon::kDraining}}}).ok());

  const Restore restore = Load();

  ASSERT_EQ(restore.cordons.size(), 1u);
  EXPECT_EQ(restore.cordons[0].pool, "p");
  EXPECT_EQ(restore.cordons[0].world_rank, 1);
  EXPECT_EQ(restore.cordons[0].cordon, Cordon::kDraining);
}

TEST_F(StoreTest, ACordonThatEndedIsForgotten) {
  ASSERT_TRUE(
      Commit({StoreCordon{{.pool = "p", .world_rank = 1, .cordon = Cordon::kCordoned}}}).ok());

  ASSERT_TRUE(Commit({StoreCordon{{.pool = "p", .world_rank = 1}}}).ok());

  EXPECT_TRUE(Load().cordons.empty());
}

TEST_F(StoreTest, AStoreFromBeforeThereWereCordonsIsBroughtUpToDate) {
  ASSERT_TRUE(Commit({StoreJob{.job = MakeJob("a", 1)}}).ok());
  Result<Database> database = Database::Open(file_, Durability::kEveryCommit);
  ASSERT_TRUE(database.value()
                  .Execute("ALTER TABLE jobs DROP COLUMN record_hash; DROP TABLE cordons; "
                           "DROP TABLE webhooks; DROP TABLE webhook_outbox; DROP TABLE audit; "
                           "ALTER TABLE events DROP COLUMN actor; "
                           "ALTER TABLE events DROP COLUMN payload; "
                           "ALTER TABLE events DROP COLUMN request_id; PRAGMA user_version=2")
                  .ok());

  const Restore restore = Load();

  EXPECT_EQ(restore.jobs.size(), 1u);
  EXPECT_TRUE(restore.cordons.empty());
}

// A store as the first schema had it, with one event that tells it from others.
void MakeStoreOfSchemaOne(const std::filesystem::path& file, const std::string& message) {
  std::filesystem::remove(file);
  Result<Database> database = Database::Open(file, Durability::kEveryCommit);
  ASSERT_TRUE(database.ok()) << database.status();
  std::string sql =
      "CREATE TABLE jobs(id TEXT PRIMARY KEY, sequence INTEGER NOT NULL UNIQUE, "
      "state TEXT NOT NULL, record BLOB NOT NULL) STRICT;"
      "CREATE TABLE events(seq INTEGER PRIMARY KEY AUTOINCREMENT, "
      "job TEXT NOT NULL REFERENCES jobs(id), time REAL NOT NULL, type TEXT NOT NULL, "
      "from_state TEXT NOT NULL, to_state TEXT NOT NULL, reason TEXT NOT NULL, "
      "message TEXT NOT NULL) STRICT;"
      "CREATE INDEX events_by_job ON events(job, seq);"
      "CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
      "INSERT INTO jobs VALUES('a', 1, 'FAILED', x'');"
      "INSERT INTO events VALUES(1, 'a', 1, 'Created', '', '', '', '";
  sql += message;
  sql += "'); PRAGMA user_version=1";
  const Status made = database.value().Execute(sql);
  ASSERT_TRUE(made.ok()) << made;
}

TEST_F(StoreTest, WhatAnOlderProgramWroteIsKeptBeforeItIsBroughtUpToDate) {
  MakeStoreOfSchemaOne(file_, "first");
  Open();
  MakeStoreOfSchemaOne(file_, "second");  // somebody went back to the older program
  Open();

  Result<Database> kept = Database::OpenReadOnly(file_.string() + ".schema-1");
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept.value().Version().value(), 1u);
  Result<Statement> rows = kept.value().Prepare("SELECT message FROM events");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_TRUE(rows.value().Step().value());
  EXPECT_EQ(rows.value().Bytes(0), "second");
}

TEST_F(StoreTest, EventsFromBeforeThereWereActorsHaveNone) {
  MakeStoreOfSchemaOne(file_, "first");
  Open();

  const Result<std::vector<StoredEvent>> events = ReadEvents(file_, "a", 0, 10);

  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events.value().size(), 1u);
  EXPECT_EQ(events.value()[0].message, "first");
  EXPECT_EQ(events.value()[0].actor, "");
  EXPECT_EQ(events.value()[0].payload, EventPayload());
}

TEST_F(StoreTest, AnEventSaysWhoMadeItHappenByWhichRequest) {
  ASSERT_TRUE(Commit({StoreJob{.job = MakeJob("a", 1),
                               .event_type = "Created",
                               .origin = {.actor = "alice", .request_id = "once"}},
                      StoreJob{.job = MakeJob("b", 2), .event_type = "Created"}})
                  .ok());

  const Result<std::vector<StoredEvent>> events = ReadEventsOfAll(file_, 0, 10);

  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events.value().size(), 2u);
  EXPECT_EQ(events.value()[0].job_id, "a");
  EXPECT_EQ(events.value()[0].actor, "alice");
  EXPECT_EQ(events.value()[0].request_id, "once");
  EXPECT_EQ(events.value()[1].job_id, "b");
  EXPECT_EQ(events.value()[1].actor, "coordinator");
}

TEST_F(StoreTest, AnEventHasWhatItsMessageTellsAsValuesToo) {
  Job running = MakeJob("a", 1);
  running.attempt = {.attempt = 2, .generation = 9, .workers = {"h/0", "h/1"}};
  running.step = 40;
  running.checkpoints = {{.step = 40, .directory = "/c/step-40"}};
  Job ended = running;
  ended.attempt.failure = FailureRecord{.reason = "WorkerLost",
                                        .message = "rank 1 ended with signal 9",
                                        .rank = 1,
                                        .host = "h",
                                        .step = 47,
                                        .phase = "reduce",
                                        .signal = 9};
  ASSERT_TRUE(Commit({StoreJob{.job = MakeJob("a", 1), .event_type = "Created"},
                      StoreJob{.job = running, .event_type = "CheckpointWritten"},
                      StoreJob{.job = ended, .event_type = "AttemptEnded"}})
                  .ok());

  const Result<std::vector<StoredEvent>> events = ReadEvents(file_, "a", 0, 10);

  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events.value().size(), 3u);
  EXPECT_EQ(events.value()[0].payload, EventPayload());
  EXPECT_EQ(events.value()[1].payload, (EventPayload{{"attempt", "2"},
                                                     {"checkpoint", "jobs/a/checkpoints/40"},
                                                     {"generation", "9"},
                                                     {"step", "40"},
                                                     {"workers", "2"}}));
  EXPECT_EQ(events.value()[2].payload, (EventPayload{{"attempt", "2"},
                                                     {"failed_step", "47"},
                                                     {"generation", "9"},
                                                     {"host", "h"},
                                                     {"phase", "reduce"},
                                                     {"rank", "1"},
                                                     {"signal", "9"},
                                                     {"step", "40"},
                                                     {"workers", "2"}}));
}

TEST_F(StoreTest, AFailureThatAJobHadBeforeIsNotThatOfALaterEvent) {
  Job job = MakeJob("a", 1);
  job.state = JobState::kRunning;
  job.attempt = {.attempt = 2, .generation = 9};
  job.failure = FailureRecord{.reason = "WorkerLost", .rank = 1};
  ASSERT_TRUE(
      Commit({StoreJob{.job = job, .event_type = "StateChanged", .to_state = "RUNNING"}}).ok());

  const Result<std::vector<StoredEvent>> events = ReadEvents(file_, "a", 0, 10);

  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_FALSE(events.value().at(0).payload.contains("rank"));
}

TEST_F(StoreTest, AStoreThatIsUpToDateIsNotCopied) {
  ASSERT_TRUE(Commit({StoreJob{.job = MakeJob("a", 1)}}).ok());

  Open();

  for (const auto& entry : std::filesystem::directory_iterator(directory_.path()))
    EXPECT_EQ(entry.path().string().find(".schema-"), std::string::npos) << entry.path();
}

TEST_F(StoreTest, AnEventIsStoredWithItsJob) {
  ASSERT_TRUE(Commit({StoreJob{MakeJob("a", 1), "StateChanged", "QUEUED", "STARTING",
                               "GangReserved", "two ranks"}})
                  .ok());

  Result<Database> database = Database::OpenReadOnly(file_);
  Result<Statement> rows = database.value().Prepare(
      "SELECT job, time, type, from_state, to_state, reason, message FROM events");
  ASSERT_TRUE(rows.value().Step().value());
  EXPECT_EQ(rows.value().Bytes(0), "a");
  EXPECT_EQ(rows.value().Real(1), 1234.5);
  EXPECT_EQ(rows.value().Bytes(2), "StateChanged");
  EXPECT_EQ(rows.value().Bytes(3), "QUEUED");
  EXPECT_EQ(rows.value().Bytes(4), "STARTING");
  EXPECT_EQ(rows.value().Bytes(5), "GangReserved");
  EXPECT_EQ(rows.value().Bytes(6), "two ranks");
}

TEST_F(StoreTest, EventsAreReadInOrderAfterTheLastThatIsKnown) {
  const Job job = MakeJob("a", 1);
  const Job other = MakeJob("b", 2);
  ASSERT_TRUE(Commit({StoreJob{.job = job, .event_type = "Created"},
                      StoreJob{.job = other, .event_type = "Created"},
                      StoreJob{.job = job, .event_type = "StateChanged"},
                      StoreJob{.job = job, .event_type = "Updated"}})
                  .ok());

  const auto first = ReadEvents(file_, "a", 0, 2);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first.value().size(), 2u);
  const auto rest = ReadEvents(file_, "a", first.value().back().sequence, 2);

  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(first.value()[0].type, "Created");
  EXPECT_EQ(first.value()[1].type, "StateChanged");
  ASSERT_EQ(rest.value().size(), 1u);
  EXPECT_EQ(rest.value()[0].type, "Updated");
}

TEST_F(StoreTest, AForgottenJobTakesItsEventsAlong) {
  ASSERT_TRUE(Commit({StoreJob{.job = MakeJob("a", 1), .event_type = "Created"},
                      StoreJob{.job = MakeJob("b", 2), .event_type = "Created"}})
                  .ok());

  ASSERT_TRUE(Commit({ForgetJob{.job_id = "a"}}).ok());

  EXPECT_EQ(CountRows(file_, "events"), 1);
  const Restore restore = Load();
  ASSERT_EQ(restore.jobs.size(), 1u);
  EXPECT_EQ(restore.jobs[0].id, "b");
}

TEST_F(StoreTest, AJobWithoutAnEventTypeStoresNoEvent) {
  ASSERT_TRUE(Commit({StoreJob{.job = MakeJob("a", 1)}}).ok());

  EXPECT_EQ(CountRows(file_, "events"), 0);
}

TEST_F(StoreTest, ACommitThatFailsHalfwayStoresNothing) {
  const StoreJob good{.job = MakeJob("a", 1), .event_type = "Created"};
  const StoreJob same_sequence{.job = MakeJob("b", 1), .event_type = "Created"};

  const Status status = Commit({good, StoreGeneration{5}, same_sequence});

  EXPECT_EQ(status.code(), Code::kInternal) << status;
  EXPECT_EQ(CountRows(file_, "jobs"), 0);
  EXPECT_EQ(CountRows(file_, "events"), 0);
  EXPECT_EQ(CountRows(file_, "counters"), 0);
}

TEST_F(StoreTest, AStoreWorksOnAfterACommitThatFailed) {
  const std::unique_ptr<Store> store = Open();
  const std::vector<Action> bad = {StoreJob{.job = MakeJob("a", 1)},
                                   StoreJob{.job = MakeJob("b", 1)}};
  const std::vector<Action> good = {StoreJob{.job = MakeJob("c", 1)}};
  EXPECT_FALSE(store->Commit(bad, 1).ok());

  EXPECT_TRUE(store->Commit(good, 2).ok());

  EXPECT_EQ(CountRows(file_, "jobs"), 1);
}

TEST_F(StoreTest, ActionsThatAreNotStoredArePassedOver) {
  EXPECT_TRUE(Commit({NotifyWatchers{"a"}, Answer{}}).ok());

  EXPECT_EQ(CountRows(file_, "jobs"), 0);
}

TEST_F(StoreTest, AStoreOfANewerProgramIsRefused) {
  Open();
  Result<Database> database = Database::Open(file_, Durability::kEveryCommit);
  ASSERT_TRUE(database.value().Execute("PRAGMA user_version=99").ok());

  const Status status = Store::Open(file_).status();

  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_NE(status.message().find("99"), std::string::npos) << status;
}

TEST_F(StoreTest, AFileThatIsNoDatabaseIsReportedAsDataLoss) {
  const std::string text(4096, 'x');
  FILE* file = fopen(file_.c_str(), "w");
  fwrite(text.data(), 1, text.size(), file);
  fclose(file);

  EXPECT_EQ(Store::Open(file_).status().code(), Code::kDataLoss);
}

TEST_F(StoreTest, StartsAreCountedBesideTheGeneration) {
  ASSERT_TRUE(Commit({StoreGeneration{.generation = 7}}).ok());

  EXPECT_EQ(Open()->CountStart().value(), 0);
  EXPECT_EQ(Open()->CountStart().value(), 1);
  EXPECT_EQ(Load().last_generation, 7);
}

TEST_F(StoreTest, OnlyATransactionIsMeasured) {
  const std::unique_ptr<Store> store = Open();
  const std::vector<Action> nothing = {NotifyWatchers{.job_id = "a"}};
  const std::vector<Action> generation = {StoreGeneration{.generation = 1}};

  ASSERT_TRUE(store->Commit(nothing, 1).ok());
  EXPECT_EQ(store->commit_times().Count(), 0);
  ASSERT_TRUE(store->Commit(generation, 1).ok());
  EXPECT_EQ(store->commit_times().Count(), 1);
}

}  // namespace
}  // namespace descent
