#include "coordinator/store.h"

#include <gtest/gtest.h>

#include "coordinator/event_log.h"
#include "coordinator/job_record.h"
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

void ExpectEqual(const AttemptRecord& found, const AttemptRecord& wanted) {
  EXPECT_EQ(found.attempt, wanted.attempt);
  EXPECT_EQ(found.generation, wanted.generation);
  EXPECT_EQ(found.start_step, wanted.start_step);
  EXPECT_EQ(found.workers, wanted.workers);
  EXPECT_EQ(found.begin_time, wanted.begin_time);
}

void ExpectEqual(const FailureRecord& found, const FailureRecord& wanted) {
  EXPECT_EQ(found.reason, wanted.reason);
  EXPECT_EQ(found.message, wanted.message);
  EXPECT_EQ(found.rank, wanted.rank);
  EXPECT_EQ(found.host, wanted.host);
  EXPECT_EQ(found.step, wanted.step);
  EXPECT_EQ(found.phase, wanted.phase);
}

void ExpectEqual(const CheckpointRecord& found, const CheckpointRecord& wanted) {
  EXPECT_EQ(found.step, wanted.step);
  EXPECT_EQ(found.epoch, wanted.epoch);
  EXPECT_EQ(found.directory, wanted.directory);
  EXPECT_EQ(found.state_digest, wanted.state_digest);
  EXPECT_EQ(found.bytes, wanted.bytes);
  EXPECT_EQ(found.create_time, wanted.create_time);
}

TEST(JobRecordTest, EveryFieldOfAJobSurvivesEncoding) {
  const Job job = MakeFullJob();

  const Result<Job> decoded = DecodeJob(EncodeJob(job));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  const Job& found = decoded.value();
  EXPECT_EQ(found.priority, job.priority);
  EXPECT_EQ(found.is_preemptible, job.is_preemptible);
  EXPECT_EQ(found.labels, job.labels);
  EXPECT_EQ(EtagOf(found), EtagOf(job));
  EXPECT_EQ(found.median_step_seconds, job.median_step_seconds);
  EXPECT_EQ(found.last_step_seconds, job.last_step_seconds);
  EXPECT_EQ(found.last_step_time, job.last_step_time);
  EXPECT_EQ(found.skipped_saves.count, job.skipped_saves.count);
  EXPECT_EQ(found.skipped_saves.last_step, job.skipped_saves.last_step);
  EXPECT_EQ(found.skipped_saves.last_message, job.skipped_saves.last_message);
  EXPECT_EQ(found.skipped_saves.first_time, job.skipped_saves.first_time);
  EXPECT_EQ(found.checkpoint_healthy_time, job.checkpoint_healthy_time);
  ASSERT_EQ(found.verified_steps.size(), 2u);
  EXPECT_EQ(found.verified_steps[1].step, 50);
  EXPECT_EQ(found.verified_steps[1].parameters_digest, job.verified_steps[1].parameters_digest);
  EXPECT_EQ(found.coordinator_version, job.coordinator_version);
  EXPECT_EQ(found.worker_version, job.worker_version);
  ASSERT_EQ(found.failure->secondary.size(), 1u);
  ExpectEqual(found.failure->secondary[0], job.failure->secondary[0]);
  EXPECT_EQ(found.id, job.id);
  EXPECT_EQ(found.spec.data.validation->range, job.spec.data.validation->range);
  EXPECT_EQ(NoDecayOf(found.spec.optimizer), NoDecayOf(job.spec.optimizer));
  EXPECT_EQ(found.spec.seed, job.spec.seed);
  EXPECT_EQ(found.spec.stop_at_step, job.spec.stop_at_step);
  EXPECT_EQ(found.state, job.state);
  EXPECT_EQ(found.state_reason, job.state_reason);
  EXPECT_EQ(found.state_message, job.state_message);
  EXPECT_EQ(found.request_id, job.request_id);
  EXPECT_EQ(found.sequence, job.sequence);
  ExpectEqual(found.attempt, job.attempt);
  EXPECT_EQ(found.attempts_without_progress, job.attempts_without_progress);
  ASSERT_TRUE(found.failure.has_value());
  ExpectEqual(*found.failure, *job.failure);
  EXPECT_EQ(found.train_samples, job.train_samples);
  EXPECT_EQ(found.parameter_count, job.parameter_count);
  EXPECT_EQ(found.instruction_set, job.instruction_set);
  EXPECT_EQ(found.dataset_fingerprint, job.dataset_fingerprint);
  EXPECT_EQ(found.step, job.step);
  EXPECT_EQ(found.epoch, job.epoch);
  EXPECT_EQ(found.samples_per_second, job.samples_per_second);
  EXPECT_EQ(found.steps_per_second, job.steps_per_second);
  EXPECT_EQ(found.latest_metrics, job.latest_metrics);
  ASSERT_EQ(found.checkpoints.size(), 2u);
  ExpectEqual(found.checkpoints[0], job.checkpoints[0]);
  ExpectEqual(found.checkpoints[1], job.checkpoints[1]);
  EXPECT_EQ(found.state_digest, job.state_digest);
  EXPECT_EQ(found.start_checkpoint, job.start_checkpoint);
  EXPECT_EQ(found.forked_from, job.forked_from);
  EXPECT_EQ(found.create_time, job.create_time);
  EXPECT_EQ(found.start_time, job.start_time);
  EXPECT_EQ(found.end_time, job.end_time);
}

TEST(JobRecordTest, HowEarlierAttemptsEndedSurvivesEncoding) {
  const Result<Job> decoded = DecodeJob(EncodeJob(MakeFullJob()));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded.value().attempt.start_time, 1050.5);
  ASSERT_EQ(decoded.value().earlier_attempts.size(), 1u);
  const AttemptRecord& earlier = decoded.value().earlier_attempts.front();
  EXPECT_EQ(earlier.attempt, 1);
  EXPECT_EQ(earlier.end_time, 1049.5);
  EXPECT_EQ(earlier.end_step, 44);
  EXPECT_EQ(earlier.end_reason, "WorkerLost");
  EXPECT_EQ(earlier.end_message, "rank 0 ended with signal 9");
  EXPECT_EQ(earlier.failure->phase, "reduce");
  EXPECT_EQ(earlier.failure->signal, 9);
}

TEST(JobRecordTest, TheGradientNoiseSurvivesEncoding) {
  const Result<Job> decoded = DecodeJob(EncodeJob(MakeFullJob()));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded.value().gradient_noise, MakeFullJob().gradient_noise);
}

TEST(JobRecordTest, TheEvaluationOfACheckpointSurvivesEncoding) {
  const Result<Job> decoded = DecodeJob(EncodeJob(MakeFullJob()));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded.value().validation->step, 40);
  EXPECT_EQ(decoded.value().validation->values, MakeFullJob().validation->values);
  EXPECT_TRUE(decoded.value().checkpoints[0].validation.empty());
  EXPECT_EQ(decoded.value().checkpoints[1].validation, MakeFullJob().checkpoints[1].validation);
  EXPECT_FALSE(decoded.value().checkpoints[0].is_pinned);
  EXPECT_TRUE(decoded.value().checkpoints[1].is_pinned);
  EXPECT_EQ(decoded.value().attempt.save_requests, 3);
  EXPECT_EQ(decoded.value().attempt.save_requests_done, 2);
  EXPECT_EQ(decoded.value().attempt.save_requests_failed, 1);
}

TEST(JobRecordTest, AnAbsentFailureStaysAbsent) {
  const Result<Job> decoded = DecodeJob(EncodeJob(MakeJob("a", 1)));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_FALSE(decoded.value().failure.has_value());
  EXPECT_FALSE(decoded.value().state_digest.has_value());
}

TEST(JobRecordTest, BytesThatAreNoJobAreReportedAsDataLoss) {
  EXPECT_EQ(DecodeJob("\xff\xff\xff").status().code(), Code::kDataLoss);
}

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
