#include "worker/collective/group_meeting.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace descent {
namespace {

int MeetingWorldSize() {
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

int MeetingWorldRank() {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

std::vector<int> AllRanks() {
  std::vector<int> ranks(static_cast<std::size_t>(MeetingWorldSize()));
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

// One for all tests, as a rank has one for all groups.
GroupMeeting& Meeting() {
  static GroupMeeting meeting;
  return meeting;
}

bool Never() { return false; }
bool Always() { return true; }

Code Come(std::int64_t number, const GroupMeeting::IsVoid& is_void = Never) {
  return Meeting().WaitForAll(AllRanks(), number, is_void).code();
}

class GroupMeetingTest : public ::testing::Test {
 protected:
  void TearDown() override { MPI_Barrier(MPI_COMM_WORLD); }
};

TEST_F(GroupMeetingTest, AllWhoComeGoOn) { EXPECT_EQ(Come(1), Code::kOk); }

TEST_F(GroupMeetingTest, EachOfManyGroupsHasItsOwnHost) {
  std::vector<int> ranks = AllRanks();
  for (int number = 100; number < 120; ++number) {
    std::ranges::rotate(ranks, ranks.begin() + 1);
    ASSERT_EQ(Meeting().WaitForAll(ranks, number, Never).code(), Code::kOk);
  }
}

TEST_F(GroupMeetingTest, WhereOneNeverComesTheOthersCanGiveUpAndMeetAgain) {
  if (MeetingWorldSize() == 1) GTEST_SKIP() << "one rank waits for nobody";
  for (int absent = 0; absent < MeetingWorldSize(); ++absent) {
    if (MeetingWorldRank() != absent) {
      EXPECT_EQ(Come(200 + 2 * absent, Always), Code::kAborted);
    }

    EXPECT_EQ(Come(201 + 2 * absent), Code::kOk);
  }
}

TEST_F(GroupMeetingTest, OneThatGivesUpEndsTheWaitOfAllThatHaveCome) {
  if (MeetingWorldSize() < 3)
    GTEST_SKIP() << "it takes one that gives up, one that waits and one absent";
  const int absent = MeetingWorldSize() - 1;
  if (MeetingWorldRank() != absent) {
    EXPECT_EQ(Come(300, MeetingWorldRank() == absent - 1 ? Always : Never), Code::kAborted);
  }

  EXPECT_EQ(Come(301), Code::kOk);
}

TEST_F(GroupMeetingTest, WhoeverWaitsForAnOldGroupLearnsThatThereIsANewerOne) {
  if (MeetingWorldSize() == 1) GTEST_SKIP() << "one rank waits for nobody";
  if (MeetingWorldRank() == 0) {
    EXPECT_EQ(Come(400), Code::kAborted);
  }

  EXPECT_EQ(Come(401), Code::kOk);
}

TEST_F(GroupMeetingTest, AGroupWithoutThisProcessIsNotWaitedFor) {
  if (MeetingWorldSize() < 3) GTEST_SKIP() << "there are no two other ranks";
  const std::vector<int> others = {(MeetingWorldRank() + 1) % MeetingWorldSize(),
                                   (MeetingWorldRank() + 2) % MeetingWorldSize()};

  EXPECT_TRUE(Meeting().WaitForAll(others, 500, Never).ok());
}

}  // namespace
}  // namespace descent
