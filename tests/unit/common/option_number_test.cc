#include "common/option_number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace descent {
namespace {

using testing::HasSubstr;
using testing::Not;

// What a program with --steps and --tail says of these arguments; "" if it takes them.
std::string ErrorOf(std::vector<std::string> arguments) {
  CLI::App app;
  double steps = 0;
  double tail = 0;
  app.add_option("--steps", steps)->check(PositiveNumber());
  app.add_option("--tail", tail)->check(NonNegativeNumber());
  std::ranges::reverse(arguments);
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "";
}

TEST(OptionNumberTest, ARefusalSaysWhatWasFoundAndWhatIsWanted) {
  EXPECT_EQ(ErrorOf({"--steps", "0"}), "--steps: 0, must be a number above 0");
  EXPECT_EQ(ErrorOf({"--steps", "many"}), "--steps: many, must be a number above 0");
  EXPECT_EQ(ErrorOf({"--tail=-1"}), "--tail: -1, must be a number of at least 0");
  EXPECT_EQ(ErrorOf({"--tail", "inf"}), "--tail: inf, must be a number of at least 0");
}

TEST(OptionNumberTest, WhatIsRightIsTaken) {
  EXPECT_EQ(ErrorOf({"--steps", "0.5", "--tail", "0"}), "");
}

TEST(OptionNumberTest, HelpHasNoLongNumbers) {
  CLI::App app;
  double steps = 0;
  app.add_option("--steps", steps, "How many")->check(PositiveNumber());

  EXPECT_THAT(app.help(), HasSubstr("POSITIVE"));
  EXPECT_THAT(app.help(), Not(testing::ContainsRegex("[0-9]{20}")));
}

}  // namespace
}  // namespace descent
