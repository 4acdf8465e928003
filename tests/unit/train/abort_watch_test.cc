#include "worker/train/abort_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>

#include "common/clock.h"

namespace descent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{300};

// A death test runs its statement in a process of its own: "threadsafe", as the watch is a thread.
class AbortWatchTest : public ::testing::Test {
 protected:
  AbortWatchTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  // What a rank does that is watched; some patiences later it ends with 0.
  static void Live(bool has_begun, const std::function<void(StepControl&, ProgressMarker&)>& live,
                   milliseconds longest_patience = std::chrono::minutes(5)) {
    const auto control = std::make_shared<StepControl>();
    const auto progress = std::make_shared<ProgressMarker>();
    if (has_begun) control->PutBegin(Begin());
    const AbortWatch watch(control, progress, kPatience, longest_patience);
    live(*control, *progress);
    std::this_thread::sleep_for(4 * kPatience);
    std::_Exit(0);
  }
};

TEST_F(AbortWatchTest, EndsTheProcessOfARankThatStandsStillThoughItIsToldToAbort) {
  EXPECT_EXIT(Live(true,
                   [](StepControl& control, ProgressMarker&) {
                     control.Abort();
                     std::this_thread::sleep_for(std::chrono::minutes(1));
                   }),
              ::testing::ExitedWithCode(1), "");
}

TEST_F(AbortWatchTest, LeavesARankAloneThatIsNotToldTo) {
  EXPECT_EXIT(Live(true, [](StepControl&, ProgressMarker&) {}), ::testing::ExitedWithCode(0), "");
}

TEST_F(AbortWatchTest, LeavesARankAloneThatStillPrepares) {
  EXPECT_EXIT(Live(false, [](StepControl& control, ProgressMarker&) { control.Abort(); }),
              ::testing::ExitedWithCode(0), "");
}

TEST_F(AbortWatchTest, LeavesARankAloneThatWaitsForItsCheckpoint) {
  EXPECT_EXIT(Live(true,
                   [](StepControl& control, ProgressMarker& progress) {
                     progress.SetSaving(true);
                     control.Abort();
                   }),
              ::testing::ExitedWithCode(0), "");
}

TEST_F(AbortWatchTest, EndsTheProcessOfARankThatPreparesForEver) {
  EXPECT_EXIT(Live(
                  false,
                  [](StepControl& control, ProgressMarker&) {
                    control.Abort();
                    std::this_thread::sleep_for(std::chrono::minutes(1));
                  },
                  2 * kPatience),
              ::testing::ExitedWithCode(1), "");
}

TEST_F(AbortWatchTest, EndsTheProcessOfARankWhoseCheckpointIsNeverWritten) {
  EXPECT_EXIT(Live(
                  true,
                  [](StepControl& control, ProgressMarker& progress) {
                    progress.SetSaving(true);
                    control.Abort();
                    std::this_thread::sleep_for(std::chrono::minutes(1));
                  },
                  2 * kPatience),
              ::testing::ExitedWithCode(1), "");
}

TEST_F(AbortWatchTest, LeavesARankAloneThatGoesOn) {
  EXPECT_EXIT(Live(true,
                   [](StepControl& control, ProgressMarker& progress) {
                     control.Abort();
                     const MonotonicTime end = MonotonicNow() + 4 * kPatience;
                     while (MonotonicNow() < end) progress.Move();
                     std::_Exit(0);
                   }),
              ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace descent
