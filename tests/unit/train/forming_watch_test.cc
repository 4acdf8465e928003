#include "worker/train/forming_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

namespace descent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFormingPatience{200};

// A death test runs its statement in a process of its own: "threadsafe", as the watch is a thread.
class FormingWatchTest : public ::testing::Test {
 protected:
  FormingWatchTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(FormingWatchTest, EndsTheProcessWhoseAssignmentIsVoidAndWhosePeersNeverCome) {
  EXPECT_EXIT(
      {
        const auto control = std::make_shared<StepControl>();
        const FormingWatch watch(control, kFormingPatience);
        control->Abort();
        std::this_thread::sleep_for(std::chrono::minutes(1));
      },
      ::testing::ExitedWithCode(1), "");
}

TEST_F(FormingWatchTest, LeavesAGroupAloneThatFormsSlowlyForAnAssignmentInForce) {
  EXPECT_EXIT(
      {
        const FormingWatch watch(std::make_shared<StepControl>(), kFormingPatience);
        std::this_thread::sleep_for(4 * kFormingPatience);
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(FormingWatchTest, LeavesAGroupAloneThatIsFormedBeforeItsPatienceEnds) {
  EXPECT_EXIT(
      {
        const auto control = std::make_shared<StepControl>();
        control->Abort();
        { const FormingWatch watch(control, kFormingPatience); }
        std::this_thread::sleep_for(2 * kFormingPatience);
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace descent
