#include "worker/train/diverged_ranks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Of ranks whose parameters have these digests.
std::vector<int> DivergedOf(const std::vector<std::uint64_t>& digests) {
  std::vector<StateDigests> states;
  for (const std::uint64_t digest : digests)
    states.push_back({.parameters = {.low = digest}, .optimizer = {}});
  return FindDivergedRanks(states);
}

TEST(DivergedRanksTest, NobodyHasDivergedWhereAllAgree) {
  EXPECT_THAT(DivergedOf({1}), IsEmpty());
  EXPECT_THAT(DivergedOf({1, 1, 1}), IsEmpty());
}

TEST(DivergedRanksTest, TheMinorityHas) {
  EXPECT_THAT(DivergedOf({1, 1, 2}), ElementsAre(2));
  EXPECT_THAT(DivergedOf({2, 1, 1}), ElementsAre(0));
  EXPECT_THAT(DivergedOf({1, 2, 1, 3, 1}), ElementsAre(1, 3));
}

TEST(DivergedRanksTest, RanksThatAgreeAreBelievedThoughTheyAreFew) {
  EXPECT_THAT(DivergedOf({3, 1, 1, 4, 5}), ElementsAre(0, 3, 4));
}

TEST(DivergedRanksTest, OfTwoThatDifferNobodyCanTellWhichIsRight) {
  EXPECT_THAT(DivergedOf({1, 2}), ElementsAre(0, 1));
}

TEST(DivergedRanksTest, OfTwoEquallyLargeGroupsNobodyCanTellWhichIsRight) {
  EXPECT_THAT(DivergedOf({1, 2, 2, 1}), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(DivergedOf({1, 1, 2, 2, 3}), ElementsAre(0, 1, 2, 3, 4));
}

TEST(DivergedRanksTest, WhatTheOptimizerKeepsCountsToo) {
  const std::vector<StateDigests> states = {{.parameters = {.low = 1}, .optimizer = {.low = 5}},
                                            {.parameters = {.low = 1}, .optimizer = {.low = 6}},
                                            {.parameters = {.low = 1}, .optimizer = {.low = 5}}};

  EXPECT_THAT(FindDivergedRanks(states), ElementsAre(1));
}

}  // namespace
}  // namespace descent
