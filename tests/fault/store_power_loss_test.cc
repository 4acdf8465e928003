// Power loss while a coordinator writes to its store: every state that SQLite's unsynced writes can
// leave is opened with the store as the coordinator does.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "common/file.h"
#include "coordinator/database.h"
#include "coordinator/store.h"
#include "tests/fault/power_loss.h"
#include "tests/fault/store_script.h"
#include "tests/fault/tier.h"
#include "tests/fault/watched_directory.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

std::size_t VersionOf(const std::filesystem::path& file) {
  Result<Database> database = Database::OpenReadOnly(file);
  if (!database.ok()) return 0;
  const Result<std::size_t> version = database.value().Version();
  return version.ok() ? version.value() : 0;
}

class StorePowerLossTest : public testing::Test {
 protected:
  StorePowerLossTest() {
    std::filesystem::create_directory(recorded_);
    std::filesystem::create_directory(empty_);
  }

  // Runs the script once, each step acknowledged, and keeps what the store has to hold after it.
  void Record() {
    ASSERT_TRUE(Store::Open(empty_ / "state.db").ok());
    AddContentsOf(empty_ / "state.db");
    WatchedDirectory watched(recorded_);
    StoreScript script(recorded_ / "state.db");
    for (std::size_t step = 0; step < script.size(); ++step) {
      const Status status = script.Run(step);
      ASSERT_TRUE(status.ok()) << "step " << step << ": " << status;
      watched.record().Acknowledge();
      // What was there before the migration is what is there after it.
      if (step == StoreScript::kMigration) AddContentsOf(recorded_ / "state.db");
      if (step >= StoreScript::kMigration) AddContentsOf(recorded_ / "state.db");
    }
    ASSERT_EQ(contents_.size(), script.size() + 1);
    record_ = watched.record();
  }

  // Nothing that was acknowledged is missing, and of what was going on there is all or nothing.
  void Check(const CrashState& state) {
    state.image.WriteTo(crashed_);
    const std::filesystem::path file = crashed_ / "state.db";
    const bool is_migrated = state.acknowledged > StoreScript::kMigration ||
                             (state.acknowledged == StoreScript::kMigration && VersionOf(file) > 1);
    if (is_migrated) CheckKeptStore();
    Result<std::unique_ptr<Store>> store = Store::Open(file);
    ASSERT_TRUE(store.ok()) << store.status();
    const Result<Restore> restore = store.value()->Load();
    ASSERT_TRUE(restore.ok()) << restore.status();
    for (const Job& job : restore.value().jobs) EXPECT_NE(job.state_reason, kRecordUnreadable);
    const Result<std::string> found = ContentsOf(file);
    ASSERT_TRUE(found.ok()) << found.status();
    const std::size_t next = std::min(state.acknowledged + 1, contents_.size() - 1);
    EXPECT_TRUE(found.value() == contents_[state.acknowledged] || found.value() == contents_[next])
        << "found:\n"
        << found.value() << "must be:\n"
        << contents_[state.acknowledged] << "or:\n"
        << contents_[next];
    const std::vector<Action> more = {StoreGeneration{.generation = 1000}};
    const Status committed = store.value()->Commit(more, 1);
    EXPECT_TRUE(committed.ok()) << committed;
  }

  std::vector<std::string> contents_;  // after as many acknowledgements
  DiskRecord record_;

 private:
  void AddContentsOf(const std::filesystem::path& file) {
    const Result<std::string> contents = ContentsOf(file);
    ASSERT_TRUE(contents.ok()) << contents.status();
    contents_.push_back(contents.value());
  }

  // What the store was before its schema was changed. Its bytes are always the same.
  void CheckKeptStore() {
    const std::filesystem::path kept = crashed_ / "state.db.schema-1";
    const Result<std::string> bytes = ReadFile(kept);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    if (bytes.value() == intact_kept_) return;
    EXPECT_EQ(VersionOf(kept), 1u);
    Result<Database> database = Database::OpenReadOnly(kept);
    ASSERT_TRUE(database.ok()) << database.status();
    Result<Statement> check = database.value().Prepare("PRAGMA integrity_check");
    ASSERT_TRUE(check.ok()) << check.status();
    ASSERT_TRUE(check.value().Step().ok());
    EXPECT_EQ(check.value().Bytes(0), "ok");
    intact_kept_ = bytes.value();
  }

  const TemporaryDirectory directory_{MemoryDirectory()};
  const std::filesystem::path recorded_ = directory_.path() / "recorded";
  const std::filesystem::path crashed_ = directory_.path() / "crashed";
  const std::filesystem::path empty_ = directory_.path() / "empty";
  std::string intact_kept_;
};

TEST_F(StorePowerLossTest, EverythingAcknowledgedIsThereAndNothingIsHalf) {
  ASSERT_NO_FATAL_FAILURE(Record());

  TryPowerLosses(record_, {.what = "the store", .short_tier = 3'000, .long_tier = 100'000},
                 [this](const CrashState& state) { Check(state); });
}

TEST_F(StorePowerLossTest, WhatSqliteAsksOfTheDiskIsRecorded) {
  ASSERT_NO_FATAL_FAILURE(Record());
  using Kind = DiskOperation::Kind;
  const auto count = [&](Kind kind) {
    return std::ranges::count(record_.operations(), kind, &DiskOperation::kind);
  };

  // A commit writes to the log and syncs it.
  EXPECT_GT(count(Kind::kWrite), std::ssize(contents_));
  EXPECT_GT(count(Kind::kSync), std::ssize(contents_) / 2);
  // The log comes and goes with the coordinator; the old store is kept under its name.
  EXPECT_GT(count(Kind::kLink), 2);
  EXPECT_GT(count(Kind::kUnlink), 0);
  EXPECT_EQ(count(Kind::kMove), 1);
}

}  // namespace
}  // namespace descent
