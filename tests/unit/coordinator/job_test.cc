#include "coordinator/job.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(JobTest, EveryStateIsFoundByItsName) {
  for (const JobState state :
       {JobState::kQueued, JobState::kStarting, JobState::kRunning, JobState::kRecovering,
        JobState::kCancelling, JobState::kSucceeded, JobState::kFailed, JobState::kCancelled})
    EXPECT_EQ(JobStateFromName(JobStateName(state)), state);
}

TEST(JobTest, AnUnknownNameIsNoState) { EXPECT_EQ(JobStateFromName("PAUSED"), std::nullopt); }

TEST(JobTest, OnlyTheThreeEndsAreTerminal) {
  EXPECT_TRUE(IsTerminal(JobState::kSucceeded));
  EXPECT_TRUE(IsTerminal(JobState::kFailed));
  EXPECT_TRUE(IsTerminal(JobState::kCancelled));
  EXPECT_FALSE(IsTerminal(JobState::kCancelling));
  EXPECT_FALSE(IsTerminal(JobState::kRecovering));
}

}  // namespace
}  // namespace descent
