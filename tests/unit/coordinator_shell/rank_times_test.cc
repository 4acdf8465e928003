#include "coordinator/rank_times.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(RankTimesTest, WaitingIsNotTheRanksOwnTime) {
  const PhaseTimes times{.steps = 4,
                         .seconds = {{"data", 1}, {"compute", 6}, {"update", 1}, {"reduce", 50}}};

  EXPECT_EQ(OwnStepSeconds(times), 2.0);
}

TEST(RankTimesTest, WithoutAStepNothingIsKnown) {
  EXPECT_EQ(OwnStepSeconds({.steps = 0, .seconds = {{"compute", 6}}}), std::nullopt);
}

TEST(RankTimesTest, TheSlowestIsComparedWithTheMedian) {
  EXPECT_EQ(RankSkew({1, 3, 1}), 3.0);
  EXPECT_EQ(RankSkew({1, 3, 1, 3}), 1.5);
}

TEST(RankTimesTest, ARankAloneHasNobodyToWaitForIt) { EXPECT_EQ(RankSkew({2}), std::nullopt); }

TEST(RankTimesTest, RanksThatTakeNoTimeAreNotCompared) {
  EXPECT_EQ(RankSkew({0, 0}), std::nullopt);
}

}  // namespace
}  // namespace descent
