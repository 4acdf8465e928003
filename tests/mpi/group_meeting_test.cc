#include "worker/collective/group_meeting.h"
#include "tests/mpi/mpi_world.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace descent {
namespace {

std::vector<int> AllRanks() {
  std::vector<int> ranks(static_cast<std::size_t>(WorldSize()));
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
    std::rotate(ranks.begin(), ranks.begin() + 1, ranks.end());
    ASSERT_EQ(Meeting().WaitForAll(ranks, number, Never).code(), Code::kOk);
  }
}

TEST_F(GroupMeetingTest, WhereOneNeverComesTheOthersCanGiveUpAndMeetAgain) {
  if (WorldSize() == 1) GTEST_SKIP() << "one rank waits for nobody";
  for (int absent = 0; absent < WorldSize(); ++absent) {
    if (WorldRank() != absent) {
      EXPECT_EQ(Come(200 + 2 * absent, Always), Code::kAborted);
    }

    EXPECT_EQ(Come(201 + 2 * absent), Code::kOk);
  }
}

TEST_F(GroupMeetingTest, OneThatGivesUpEndsTheWaitOfAllThatHaveCome) {
  if (WorldSize() < 3) GTEST_SKIP() << "it takes one that gives up, one that waits and one absent";
  const int absent = WorldSize() - 1;
  if (WorldRank() != absent) {
    EXPECT_EQ(Come(300, WorldRank() == absent - 1 ? Always : Never), Code::kAborted);
  }

  EXPECT_EQ(Come(301), Code::kOk);
}

TEST_F(GroupMeetingTest, WhoeverWaitsForAnOldGroupLearnsThatThereIsANewerOne) {
  if (WorldSize() == 1) GTEST_SKIP() << "one rank waits for nobody";
  if (WorldRank() == 0) {
    EXPECT_EQ(Come(400), Code::kAborted);
  }

  EXPECT_EQ(Come(401), Code::kOk);
}

TEST_F(GroupMeetingTest, AGroupWithoutThisProcessIsNotWaitedFor) {
  if (WorldSize() < 3) GTEST_SKIP() << "there are no two other ranks";
  const std::vector<int> others = {(WorldRank() + 1) % WorldSize(),
                                   (WorldRank() + 2) % WorldSize()};

  EXPECT_TRUE(Meeting().WaitForAll(others, 500, Never).ok());
}

}  // namespace
}  // namespace descent
