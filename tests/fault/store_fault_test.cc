// The k-th call of SQLite, or of what surrounds it, fails while a coordinator writes to its store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "coordinator/store.h"
#include "tests/fault/crash_states.h"
#include "tests/fault/fault_kinds.h"
#include "tests/fault/store_script.h"
#include "tests/fault/tier.h"
#include "tests/fault/watched_directory.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr std::int64_t kShortStride = 41;

class StoreFaultTest : public testing::Test {
 protected:
  // Runs the script while calls fail as planned. A step that fails says why; once calls succeed
  // again it succeeds, and in the end the store holds all, also after a power loss. False: no call
  // failed.
  bool RunWith(const FaultPlan& plan) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directory(root_);
    WatchedDirectory watched(root_);
    {
      StoreScript script(file_);
      watched.Plan(plan);
      for (std::size_t step = 0; step < script.size(); ++step) {
        SCOPED_TRACE(fmt::format("step {}", step));
        RunStep(script, step, plan, watched);
        if (HasFailure()) return true;
      }
    }
    watched.Plan({});
    ExpectEverything(file_);
    ImageOfWhatWasSynced(watched.record()).WriteTo(crashed_);
    ExpectEverything(crashed_ / "state.db");
    return watched.faults() > 0;
  }

  std::string wanted_;  // what the store holds in the end

 private:
  void RunStep(StoreScript& script, std::size_t step, const FaultPlan& plan,
               WatchedDirectory& watched) {
    Status status = script.Run(step);
    if (status.ok()) return;
    ExpectClear(status, plan);
    watched.Plan({});
    if (status.code() == Code::kDataLoss) script.Close();  // a coordinator that is told so ends
    status = script.Run(step);
    // SQLite reads on where a file could not be opened to be written, as long as it is open.
    if (!status.ok() && status.message().find("readonly") != std::string::npos) {
      script.Close();
      status = script.Run(step);
    }
    EXPECT_TRUE(status.ok()) << status;
  }

  // Data that cannot be reached now is not lost, and no bug of ours. Only of a read that fails may
  // SQLite say that what it could not read is damaged.
  void ExpectClear(const Status& status, const FaultPlan& plan) {
    if (plan.error != EIO || status.code() != Code::kDataLoss) {
      EXPECT_THAT(status.code(), AnyOf(Code::kUnavailable, Code::kResourceExhausted)) << status;
    }
    EXPECT_THAT(status.message(), HasSubstr(root_.string()));
  }

  void ExpectEverything(const std::filesystem::path& file) {
    SCOPED_TRACE(file.string());
    const Result<std::unique_ptr<Store>> store = Store::Open(file);
    ASSERT_TRUE(store.ok()) << store.status();
    const Result<std::string> contents = ContentsOf(file);
    ASSERT_TRUE(contents.ok()) << contents.status();
    if (wanted_.empty()) wanted_ = contents.value();
    EXPECT_EQ(contents.value(), wanted_);
    EXPECT_TRUE(std::filesystem::exists(file.string() + ".schema-1"));
  }

  const TemporaryDirectory directory_{MemoryDirectory()};
  const std::filesystem::path root_ = directory_.path() / "root";
  const std::filesystem::path crashed_ = directory_.path() / "crashed";
  const std::filesystem::path file_ = root_ / "state.db";
};

TEST_F(StoreFaultTest, AFailedCallCostsAtMostAnErrorThatSaysSo) {
  ASSERT_FALSE(RunWith({}));
  ASSERT_FALSE(wanted_.empty());

  const std::size_t faults =
      ForEachFault(kShortStride, [&](const FaultPlan& plan) { return RunWith(plan); });

  EXPECT_GT(faults, 0u);
  ReportTrials("a failed call of the store", faults);
}

}  // namespace
}  // namespace descent
