// Power loss while checkpoints are published, taken over from an attempt that died, and removed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "common/file.h"
#include "tests/fault/power_loss.h"
#include "tests/fault/saved_state.h"
#include "tests/fault/tier.h"
#include "tests/fault/watched_directory.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

using testing::Each;
using testing::StartsWith;

using Steps = std::vector<std::int64_t>;

class CheckpointPowerLossTest : public testing::Test {
 protected:
  CheckpointPowerLossTest() { std::filesystem::create_directory(recorded_); }

  // Three checkpoints, of which the third lets the first go; one that an attempt renamed and could
  // not make durable before it died, and that the next attempt takes over; and one more.
  void Record() {
    WatchedDirectory watched(recorded_);
    Publish(watched, 10, 1, {}, {});
    const std::int64_t syncs_before = CountSyncs(watched.record());
    Publish(watched, 20, 1, {10}, {10});
    const std::int64_t syncs = CountSyncs(watched.record()) - syncs_before;
    Publish(watched, 30, 1, {20}, {20});
    // The last one is of the directory that has the new name.
    watched.Plan({.calls = {FileCall::kSync}, .first = syncs, .error = EIO});
    EXPECT_FALSE(PublishSmall(recorded_, 40, 1, Steps{20, 30}).ok());
    EXPECT_TRUE(std::filesystem::exists(recorded_ / "step-40"));
    watched.Plan({});
    Publish(watched, 40, 2, {20, 30}, {20, 30});
    Publish(watched, 50, 2, {40}, {40});
    must_load_.push_back({40, 50});
    record_ = watched.record();
  }

  void Check(const CrashState& state) {
    state.image.WriteTo(crashed_);
    ExpectAllLoad(crashed_);
    for (const std::int64_t step : must_load_[state.acknowledged]) ExpectLoads(crashed_, step);
    // The next attempt goes on, and clears up.
    const Status status = PublishSmall(crashed_, 60, 9, {});
    EXPECT_TRUE(status.ok()) << status;
    ExpectLoads(crashed_, 60);
    EXPECT_THAT(ListDirectory(crashed_).value(), Each(StartsWith("step-")));
  }

  DiskRecord record_;
  std::vector<Steps> must_load_;  // after as many acknowledgements

 private:
  // `must_load`: what was acknowledged and is not let go by this publication.
  void Publish(WatchedDirectory& watched, std::int64_t step, std::int64_t generation,
               const Steps& kept, const Steps& must_load) {
    must_load_.push_back(must_load);
    const Status status = PublishSmall(recorded_, step, generation, kept);
    ASSERT_TRUE(status.ok()) << status;
    watched.record().Acknowledge();
  }

  static std::int64_t CountSyncs(const DiskRecord& record) {
    return std::ranges::count(record.operations(), DiskOperation::Kind::kSync,
                              &DiskOperation::kind);
  }

  const TemporaryDirectory directory_{MemoryDirectory()};
  const std::filesystem::path recorded_ = directory_.path() / "recorded";
  const std::filesystem::path crashed_ = directory_.path() / "crashed";
};

TEST_F(CheckpointPowerLossTest, TheLastAcknowledgedLoadsAndNothingLoadsInPart) {
  ASSERT_NO_FATAL_FAILURE(Record());

  TryPowerLosses(record_, {.what = "checkpoints", .short_tier = 2'000, .long_tier = 20'000},
                 [this](const CrashState& state) { Check(state); });
}

}  // namespace
}  // namespace descent
