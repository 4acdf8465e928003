#include "common/duration.h"

#include <gtest/gtest.h>

#include "common/limits.h"

namespace descent {
namespace {

TEST(DurationTest, ATimeIsANumberWithItsUnit) {
  EXPECT_EQ(ParseDuration("90s"), 90);
  EXPECT_EQ(ParseDuration("10min"), 600);
  EXPECT_EQ(ParseDuration("10m"), 600);
  EXPECT_EQ(ParseDuration("2h"), 7200);
  EXPECT_EQ(ParseDuration("3d"), 3 * 86400);
}

TEST(DurationTest, ANumberAloneIsOfSeconds) {
  EXPECT_EQ(ParseDuration("0"), 0);
  EXPECT_EQ(ParseDuration("7200"), 7200);
}

TEST(DurationTest, SeveralUnitsComeInTheOrderOfTheirSize) {
  EXPECT_EQ(ParseDuration("1h30min"), 5400);
  EXPECT_EQ(ParseDuration("1d2h3m4s"), 86400 + 2 * 3600 + 3 * 60 + 4);
  EXPECT_FALSE(ParseDuration("30min1h").has_value());
  EXPECT_FALSE(ParseDuration("1h2h").has_value());
  EXPECT_FALSE(ParseDuration("1min2m").has_value());
}

TEST(DurationTest, WhatIsNoTimeIsRefused) {
  for (const char* text : {"", "h", "2x", "2 h", "-2h", "-2", "2.5h", "1h30", "2hh", "two"})
    EXPECT_FALSE(ParseDuration(text).has_value()) << text;
}

TEST(DurationTest, TenYearsAreTheMost) {
  EXPECT_EQ(ParseDuration("3650d"), limits::kDurationSecondsMax);
  EXPECT_FALSE(ParseDuration("3650d1s").has_value());
  EXPECT_FALSE(ParseDuration("99999999999999999999").has_value());
  EXPECT_FALSE(ParseDuration("9223372036854775807d").has_value());
}

TEST(DurationTest, ATimeIsWrittenAsItIsRead) {
  EXPECT_EQ(DurationText(0), "0s");
  EXPECT_EQ(DurationText(7200), "2h");
  EXPECT_EQ(DurationText(5400), "1h30min");
  EXPECT_EQ(DurationText(90), "1min30s");
  for (const std::int64_t seconds : {1, 59, 60, 61, 3599, 86399, 86400, 1000000})
    EXPECT_EQ(ParseDuration(DurationText(seconds)), seconds);
}

}  // namespace
}  // namespace descent
