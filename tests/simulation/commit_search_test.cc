#include "tests/simulation/commit_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace descent {
namespace {

// Small enough for seconds; docs/reliability.md has the commands for more.
class CommitBoundsTest : public testing::TestWithParam<CommitBounds> {};

TEST_P(CommitBoundsTest, NoOrderOfEventsBreaksAnInvariant) {
  const CommitSearchResult result = SearchCommits({.bounds = GetParam()});

  EXPECT_THAT(result.violations, testing::IsEmpty())
      << "path: " << testing::PrintToString(result.path);
  EXPECT_TRUE(result.is_complete);
  EXPECT_GT(result.ends, 0);
  RecordProperty("states", std::to_string(result.states));
}

INSTANTIATE_TEST_SUITE_P(
    Bounds, CommitBoundsTest,
    testing::Values(CommitBounds{.workers = 1, .steps = 2, .crashes = 2, .losses = 1},
                    CommitBounds{.workers = 2, .steps = 2, .crashes = 1, .losses = 0},
                    CommitBounds{.workers = 2, .steps = 2, .crashes = 0, .losses = 1},
                    CommitBounds{
                        .workers = 2, .steps = 2, .crashes = 0, .losses = 0, .requests = 1}));

TEST(CommitSearchTest, EndsWhereItIsTold) {
  const CommitSearchResult result =
      SearchCommits({.bounds = {.workers = 2, .crashes = 1}, .states_max = 100});

  EXPECT_FALSE(result.is_complete);
  EXPECT_GE(result.states, 100);
}

}  // namespace
}  // namespace descent
