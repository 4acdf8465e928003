#include "coordinator/audit_log.h"

#include <gtest/gtest.h>

#include "coordinator/store.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

class AuditLogTest : public testing::Test {
 protected:
  AuditLogTest() {
    Result<std::unique_ptr<Store>> store = Store::Open(file_);
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = std::move(store).value();
  }
  void Record(const std::string& subject, double time) {
    const std::vector<Action> actions = {StoreAudit{
        .actor = "root", .type = "WorkerCordoned", .subject = subject, .message = "worker h/0"}};
    const Status status = store_->Commit(actions, time);
    ASSERT_TRUE(status.ok()) << status;
  }
  std::vector<AuditEvent> Read(std::optional<std::int64_t> before, int count_max) {
    Result<std::vector<AuditEvent>> events = ReadAuditEvents(file_, before, count_max);
    EXPECT_TRUE(events.ok()) << events.status();
    return std::move(events).value();
  }

  const TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_.path() / "state.db";
  std::unique_ptr<Store> store_;
};

TEST_F(AuditLogTest, AnEventSaysWhoDidWhatToWhatAndWhen) {
  Record("pools/p/workers/0", 1234.5);

  const std::vector<AuditEvent> events = Read(std::nullopt, 10);

  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].time, 1234.5);
  EXPECT_EQ(events[0].change.actor, "root");
  EXPECT_EQ(events[0].change.type, "WorkerCordoned");
  EXPECT_EQ(events[0].change.subject, "pools/p/workers/0");
  EXPECT_EQ(events[0].change.message, "worker h/0");
}

TEST_F(AuditLogTest, TheNewestComeFirstAndThenThoseBefore) {
  for (const char* subject : {"a", "b", "c"}) Record(subject, 1);

  const std::vector<AuditEvent> newest = Read(std::nullopt, 2);
  ASSERT_EQ(newest.size(), 2u);
  EXPECT_EQ(newest[0].change.subject, "c");
  EXPECT_EQ(newest[1].change.subject, "b");

  const std::vector<AuditEvent> before = Read(newest[1].sequence, 2);
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(before[0].change.subject, "a");
}

TEST_F(AuditLogTest, TheOldestGoBeyondAHundredThousand) {
  Record("oldest", 1);
  {
    Result<Database> database = Database::Open(file_, Durability::kConsistent);
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_TRUE(database.value()
                    .Execute("UPDATE sqlite_sequence SET seq = 100001 WHERE name = 'audit'")
                    .ok());
  }

  Record("newest", 2);

  const std::vector<AuditEvent> events = Read(std::nullopt, 10);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].change.subject, "newest");
}

}  // namespace
}  // namespace descent
