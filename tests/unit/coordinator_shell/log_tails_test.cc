#include "coordinator/log_tails.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

std::vector<LogLine> LinesOf(const std::string& text) {
  LogLine line;
  line.text = text;
  return {line};
}

TEST(LogTailsTest, WhatIsKeptIsFoundForThatRankOfThatAttemptAlone) {
  LogTails tails(8);

  tails.Keep({"a", 1, 0}, LinesOf("first"));
  tails.Keep({"a", 1, 0}, LinesOf("second"));

  EXPECT_EQ(tails.Find({"a", 1, 0}).value().at(0).text, "second");
  EXPECT_FALSE(tails.Find({"b", 1, 0}).has_value());
  EXPECT_FALSE(tails.Find({"a", 2, 0}).has_value());
  EXPECT_FALSE(tails.Find({"a", 1, 1}).has_value());
}

TEST(LogTailsTest, TheOneThatWasAskedForLongestAgoMakesRoom) {
  LogTails tails(2);
  tails.Keep({"a", 1, 0}, LinesOf("a"));
  tails.Keep({"b", 1, 0}, LinesOf("b"));
  tails.Find({"a", 1, 0});

  tails.Keep({"c", 1, 0}, LinesOf("c"));

  EXPECT_TRUE(tails.Find({"a", 1, 0}).has_value());
  EXPECT_FALSE(tails.Find({"b", 1, 0}).has_value());
  EXPECT_TRUE(tails.Find({"c", 1, 0}).has_value());
}

}  // namespace
}  // namespace descent
