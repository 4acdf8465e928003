#include <gtest/gtest.h>

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

}  // namespace
}  // namespace descent
