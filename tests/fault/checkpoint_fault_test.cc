// The k-th call fails while a checkpoint is published.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "common/file.h"
#include "tests/fault/crash_states.h"
#include "tests/fault/fault_kinds.h"
#include "tests/fault/saved_state.h"
#include "tests/fault/tier.h"
#include "tests/fault/watched_directory.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

using Steps = std::vector<std::int64_t>;

constexpr std::int64_t kShortStride = 3;

class CheckpointFaultTest : public testing::Test {
 protected:
  // Publishes a third checkpoint, which lets the first go, while calls fail as planned. The second
  // one loads in any case, and nothing loads in part; once calls succeed again the third is
  // published, and nothing else is left. False: no call failed.
  bool RunWith(const FaultPlan& plan) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directory(root_);
    WatchedDirectory watched(root_);
    EXPECT_TRUE(PublishSmall(root_, 10, 1, {}).ok());
    EXPECT_TRUE(PublishSmall(root_, 20, 1, Steps{10}).ok());

    watched.Plan(plan);
    const Status status = PublishSmall(root_, 30, 1, Steps{20});
    watched.Plan({});

    if (!status.ok()) ExpectClear(status, plan);
    ExpectLoads(root_, 20);
    ExpectAllLoad(root_);
    if (status.ok()) ExpectOnDisk(watched.record(), 30);
    ExpectOnDisk(watched.record(), 20);
    const Status again = PublishSmall(root_, 30, 2, Steps{20});
    EXPECT_TRUE(again.ok()) << again;
    ExpectLoads(root_, 30);
    ExpectOnDisk(watched.record(), 30);
    EXPECT_THAT(ListDirectory(root_).value(), ElementsAre("step-20", "step-30"));
    EXPECT_FALSE(watched.is_failed_sync_repeated());
    return watched.faults() > 0;
  }

 private:
  // A full disk is told from one that fails, and neither from a state that is not what it was.
  void ExpectClear(const Status& status, const FaultPlan& plan) {
    const bool is_full = plan.error == ENOSPC || plan.error == EDQUOT;
    EXPECT_EQ(status.code(), is_full ? Code::kResourceExhausted : Code::kUnavailable) << status;
    EXPECT_THAT(status.message(), HasSubstr(root_.string()));
  }

  // After a power loss.
  void ExpectOnDisk(const DiskRecord& record, std::int64_t step) {
    ImageOfWhatWasSynced(record).WriteTo(crashed_);
    ExpectLoads(crashed_, step);
    ExpectAllLoad(crashed_);
  }

  const TemporaryDirectory directory_{MemoryDirectory()};
  const std::filesystem::path root_ = directory_.path() / "root";
  const std::filesystem::path crashed_ = directory_.path() / "crashed";
};

TEST_F(CheckpointFaultTest, AFailedCallLeavesThePreviousCheckpointAndAClearError) {
  ASSERT_FALSE(RunWith({}));

  const std::size_t faults =
      ForEachFault(kShortStride, [&](const FaultPlan& plan) { return RunWith(plan); });

  EXPECT_GT(faults, 0u);
  ReportTrials("a failed call of a publication", faults);
}

TEST_F(CheckpointFaultTest, ASignalDoesNotEndAPublication) {
  for (const FileCall call :
       {FileCall::kCreate, FileCall::kReserve, FileCall::kRead, FileCall::kWrite}) {
    const TemporaryDirectory directory(MemoryDirectory());
    WatchedDirectory watched(directory.path());
    watched.Plan({.calls = {call}, .first = 1, .error = EINTR});

    const Status status = PublishSmall(directory.path(), 10, 1, {});

    EXPECT_TRUE(status.ok()) << static_cast<int>(call) << ": " << status;
    EXPECT_EQ(watched.faults(), 1) << static_cast<int>(call);
  }
}

}  // namespace
}  // namespace descent
