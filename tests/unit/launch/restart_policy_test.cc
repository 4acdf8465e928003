#include "launch/restart_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

using testing::ElementsAre;

constexpr WorldOutcome kShortLife = {.lived = std::chrono::seconds(1), .did_start = true};
constexpr WorldOutcome kLongLife = {.lived = std::chrono::minutes(5), .did_start = true};
constexpr WorldOutcome kNoStart = {.lived = std::chrono::milliseconds(50), .did_start = false};

TEST(RestartPolicyTest, PausesGrowUpToAMinute) {
  RestartPolicy policy(std::nullopt);

  std::vector<long> pauses;
  for (int i = 0; i < 10; ++i) pauses.push_back(policy.After(kShortLife).pause->count());

  EXPECT_THAT(pauses, ElementsAre(0, 1, 2, 4, 8, 16, 32, 60, 60, 60));
}

TEST(RestartPolicyTest, AWorldThatLivedLongMakesThePausesShortAgain) {
  RestartPolicy policy(std::nullopt);
  for (int i = 0; i < 5; ++i) policy.After(kShortLife);

  EXPECT_EQ(policy.After(kLongLife).pause->count(), 0);
  EXPECT_EQ(policy.After(kShortLife).pause->count(), 1);
}

TEST(RestartPolicyTest, ThereIsNoBoundUnlessOneIsGiven) {
  RestartPolicy policy(std::nullopt);

  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(policy.After(kShortLife).pause.has_value());
}

TEST(RestartPolicyTest, TheBoundCountsRestarts) {
  RestartPolicy policy(2);

  EXPECT_TRUE(policy.After(kLongLife).pause.has_value());
  EXPECT_TRUE(policy.After(kLongLife).pause.has_value());
  const RestartPolicy::Decision third = policy.After(kLongLife);

  EXPECT_FALSE(third.pause.has_value());
  EXPECT_EQ(third.why_not, "--restarts-max 2 is reached");
}

TEST(RestartPolicyTest, WorldsThatNeverStartAreGivenUp) {
  RestartPolicy policy(std::nullopt);

  for (int i = 0; i < 3; ++i) EXPECT_TRUE(policy.After(kNoStart).pause.has_value());

  EXPECT_FALSE(policy.After(kNoStart).pause.has_value());
}

TEST(RestartPolicyTest, AWorldThatStartedForgivesThoseThatDidNot) {
  RestartPolicy policy(std::nullopt);
  for (int i = 0; i < 3; ++i) policy.After(kNoStart);
  policy.After(kShortLife);

  EXPECT_TRUE(policy.After(kNoStart).pause.has_value());
}

}  // namespace
}  // namespace descent
