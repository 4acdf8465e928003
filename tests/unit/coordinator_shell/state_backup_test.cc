#include "coordinator/state_backup.h"

#include <gtest/gtest.h>

#include "common/file.h"
#include "coordinator/store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1'795'760'100)};  // 2026-11-27 06:15 UTC

// The state directory of a coordinator that runs.
class StateBackupTest : public testing::Test {
 protected:
  StateBackupTest() {
    EXPECT_TRUE(MakeDirectories(directory_.path() / "metrics").ok());
    Result<std::unique_ptr<Store>> store = Store::Open(directory_.path() / "state.db");
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = std::move(store).value();
  }

  void Commit(const Action& action) { EXPECT_TRUE(store_->Commit({&action, 1}, 1).ok()); }
  void Measure(const std::string& job_id, std::int64_t step) {
    const RecordMetrics metrics{.job_id = job_id, .points = {{"train/loss", step, 0.5}}};
    EXPECT_TRUE(metrics_.Record(metrics, kNow).ok());
  }
  Result<StateBackup> BackUp(const std::string& name) {
    return BackUpState(directory_.path() / "state.db", metrics_, name, kNow);
  }
  std::vector<std::string> Backups() const {
    return ListDirectory(directory_.path() / "backups").value();
  }

  const TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
  MetricStore metrics_{directory_.path() / "metrics"};
};

TEST_F(StateBackupTest, ACopyHasTheJobsAndTheirMetricsAsOfThatMoment) {
  Commit(StoreJob{.job = MakeJob("a", 1)});
  Commit(StoreJob{.job = MakeJob("without-metrics", 2)});
  Measure("a", 1);

  const Result<StateBackup> backup = BackUp("first");
  Commit(StoreJob{.job = MakeJob("later", 3)});
  Measure("a", 2);

  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(backup.value().directory, directory_.path() / "backups" / "first");
  EXPECT_EQ(backup.value().jobs, 2);
  EXPECT_GT(backup.value().bytes, 0);
  const auto copy = Store::Open(backup.value().directory / "state.db");
  ASSERT_TRUE(copy.ok()) << copy.status();
  const Restore restore = copy.value()->Load().value();
  ASSERT_EQ(restore.jobs.size(), 2u);
  EXPECT_EQ(restore.jobs[0].id, "a");
  const auto curves =
      MetricStore(backup.value().directory / "metrics").Query({.job_id = "a", .names = {}});
  ASSERT_TRUE(curves.ok()) << curves.status();
  ASSERT_EQ(curves.value().size(), 1u);
  EXPECT_EQ(curves.value()[0].points.size(), 1u);
}

TEST_F(StateBackupTest, ABackupWithoutANameIsNamedByTheTime) {
  ASSERT_TRUE(BackUp("").ok());

  EXPECT_EQ(Backups(), (std::vector<std::string>{"20261127T061500Z"}));
}

TEST_F(StateBackupTest, NamesThatLeaveTheDirectoryAreRefused) {
  for (const char* name : {"..", ".", "a/b", "../a", "/tmp/a", ".partial", "a b", "ä"})
    EXPECT_EQ(BackUp(name).status().code(), Code::kInvalidArgument) << name;
  EXPECT_EQ(BackUp(std::string(64, 'a')).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ListDirectory(directory_.path() / "backups").status().code(), Code::kNotFound);
}

TEST_F(StateBackupTest, ABackupIsNeverReplaced) {
  ASSERT_TRUE(BackUp("a").ok());

  EXPECT_EQ(BackUp("a").status().code(), Code::kAlreadyExists);
}

TEST_F(StateBackupTest, WhatAnInterruptedBackupLeftIsRemoved) {
  const auto partial = directory_.path() / "backups" / ".partial";
  ASSERT_TRUE(MakeDirectories(partial / "metrics").ok());
  ASSERT_TRUE(WriteNewFile(partial / "state.db", "half").ok());

  const Result<StateBackup> backup = BackUp("a");

  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(Backups(), (std::vector<std::string>{"a"}));
  EXPECT_EQ(ListDirectory(backup.value().directory).value(),
            (std::vector<std::string>{"state.db"}));
}

TEST_F(StateBackupTest, ABackupThatFailsLeavesNothing) {
  Commit(StoreJob{.job = MakeJob("a", 1)});
  ASSERT_TRUE(WriteNewFile(metrics_.FileOf("a"), std::string(4096, 'x')).ok());

  const Status status = BackUp("a").status();

  EXPECT_EQ(status.code(), Code::kDataLoss) << status;
  EXPECT_TRUE(Backups().empty());
}

}  // namespace
}  // namespace descent
