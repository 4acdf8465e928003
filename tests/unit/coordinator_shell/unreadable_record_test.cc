#include <gtest/gtest.h>

#include "coordinator/job_record.h"
#include "coordinator/store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

// A store with three jobs, whose second one gets another record.
class UnreadableRecordTest : public testing::Test {
 protected:
  UnreadableRecordTest() {
    const std::vector<Action> actions = {
        StoreJob{.job = MakeJob("good", 1), .event_type = "Created"},
        StoreJob{.job = MakeJob("bad", 2), .event_type = "Created"},
        StoreJob{.job = MakeJob("newest", 3), .event_type = "Created"}};
    EXPECT_TRUE(Store::Open(file_).value()->Commit(actions, 1234.5).ok());
  }

  Restore Load() {
    Result<Restore> restore = Store::Open(file_).value()->Load();
    EXPECT_TRUE(restore.ok()) << restore.status();
    return std::move(restore).value();
  }

  void SetRecord(const std::string& sql) {
    Result<Database> database = Database::Open(file_, Durability::kEveryCommit);
    ASSERT_TRUE(database.ok()) << database.status();
    const Status status =
        database.value().Execute("UPDATE jobs SET record = " + sql + " WHERE id = 'bad'");
    ASSERT_TRUE(status.ok()) << status;
  }

  // As a program wrote it that knew of no hashes.
  void SetRecordWithoutHash(const Job& job) {
    Result<Database> database = Database::Open(file_, Durability::kEveryCommit);
    ASSERT_TRUE(database.ok()) << database.status();
    const std::string record = EncodeJob(job);
    Result<Statement> update =
        database.value().Prepare("UPDATE jobs SET record = ?, record_hash = NULL WHERE id = ?");
    ASSERT_TRUE(update.ok()) << update.status();
    ASSERT_TRUE(update.value().BindBlob(0, record).Bind(1, job.id).Run().ok());
  }

  std::string RecordOf(const std::string& id) {
    Result<Database> database = Database::OpenReadOnly(file_);
    Result<Statement> rows = database.value().Prepare("SELECT record FROM jobs WHERE id = ?");
    EXPECT_TRUE(rows.value().Bind(0, id).Step().value());
    return rows.value().Bytes(0);
  }

  const TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_.path() / "state.db";
};

TEST_F(UnreadableRecordTest, FailsItsJobAndNoOther) {
  SetRecord("x'ff00ff'");

  const Restore restore = Load();

  ASSERT_EQ(restore.jobs.size(), 3u);
  EXPECT_EQ(restore.jobs[0].state, JobState::kQueued);
  const Job& bad = restore.jobs[1];
  EXPECT_EQ(bad.id, "bad");
  EXPECT_EQ(bad.sequence, 2);
  EXPECT_EQ(bad.state, JobState::kFailed);
  EXPECT_EQ(bad.state_reason, "RecordUnreadable");
  ASSERT_TRUE(bad.failure.has_value());
  EXPECT_NE(bad.failure->message.find("the stored job is not a JobRecord"), std::string::npos);
  EXPECT_EQ(bad.create_time, 1234.5);
  EXPECT_EQ(restore.jobs[2].id, "newest");
}

TEST_F(UnreadableRecordTest, KeepsItsBytes) {
  SetRecord("x'ff00ff'");

  Load();

  EXPECT_EQ(RecordOf("bad"), std::string("\xff\x00\xff", 3));
}

TEST_F(UnreadableRecordTest, IsOneThatBelongsToAnotherJob) {
  SetRecord("(SELECT record FROM jobs WHERE id = 'good')");

  const Restore restore = Load();

  ASSERT_EQ(restore.jobs.size(), 3u);
  EXPECT_EQ(restore.jobs[1].state_reason, "RecordUnreadable");
  EXPECT_EQ(restore.jobs[1].id, "bad");
}

TEST_F(UnreadableRecordTest, IsOneThatIsEmpty) {
  SetRecord("x''");

  EXPECT_EQ(Load().jobs[1].state_reason, "RecordUnreadable");
}

TEST_F(UnreadableRecordTest, IsOneWithAnyBitThatIsNotAsItWasWritten) {
  const std::size_t bits = 8 * EncodeJob(MakeJob("bit-10000", 10000)).size();
  std::vector<Action> jobs;
  for (std::size_t bit = 0; bit < bits; ++bit)
    jobs.emplace_back(StoreJob{.job = MakeJob("bit-" + std::to_string(10000 + bit),
                                              static_cast<std::int64_t>(10000 + bit))});
  ASSERT_TRUE(Store::Open(file_).value()->Commit(jobs, 1).ok());
  {
    Database database = Database::Open(file_, Durability::kEveryCommit).value();
    Statement update = database.Prepare("UPDATE jobs SET record = ? WHERE id = ?").value();
    ASSERT_TRUE(database.Begin().ok());
    for (std::size_t bit = 0; bit < bits; ++bit) {
      const Job& job = std::get<StoreJob>(jobs[bit]).job;
      std::string record = EncodeJob(job);
      record.at(bit / 8) = static_cast<char>(record.at(bit / 8) ^ (1 << (bit % 8)));
      ASSERT_TRUE(update.BindBlob(0, record).Bind(1, job.id).Run().ok());
    }
    ASSERT_TRUE(database.Commit().ok());
  }

  const Restore restore = Load();

  ASSERT_EQ(restore.jobs.size(), 3 + bits);
  for (const Job& job : restore.jobs) {
    if (job.sequence < 10000) continue;
    EXPECT_EQ(job.state_reason, "RecordUnreadable") << job.id;
  }
}

TEST_F(UnreadableRecordTest, IsOneWithoutAHashWhoseJobCannotBeScheduled) {
  Job bad = MakeJob("bad", 2);
  bad.spec.workers.min = 5;
  bad.spec.workers.max = 1;
  SetRecordWithoutHash(bad);

  EXPECT_EQ(Load().jobs[1].state_reason, "RecordUnreadable");
}

TEST_F(UnreadableRecordTest, WithoutAHashIsReadIfItsSpecIsValid) {
  SetRecordWithoutHash(MakeJob("bad", 2));

  EXPECT_EQ(Load().jobs[1].state, JobState::kQueued);
}

TEST_F(UnreadableRecordTest, WithoutAHashIsReadIfItsJobIsAtItsEnd) {
  Job old = MakeJob("bad", 2);
  old.spec.workers.min = 5;
  old.spec.workers.max = 1;
  old.state = JobState::kCancelled;
  SetRecordWithoutHash(old);

  EXPECT_EQ(Load().jobs[1].state, JobState::kCancelled);
}

}  // namespace
}  // namespace descent
