#include "coordinator/utc_time.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(UtcTimeTest, ADateIsItsMidnight) {
  EXPECT_EQ(ParseUtcTime("1970-01-02"), 86400);
  EXPECT_EQ(ParseUtcTime("2024-02-29"), 1709164800);
}

TEST(UtcTimeTest, AMomentIsReadInItsZone) {
  EXPECT_EQ(ParseUtcTime("2026-01-31T12:00:00Z"), 1769860800);
  EXPECT_EQ(ParseUtcTime("2026-01-31T13:30:00+01:30"), 1769860800);
  EXPECT_EQ(ParseUtcTime("2026-01-31T07:00:00.5-05:00"), 1769860800.5);
}

TEST(UtcTimeTest, OtherTextsAreNoTimes) {
  for (const char* text :
       {"", "2026", "2026-1-31", "2026-13-01", "2026-02-30", "2026-01-31 12:00:00Z",
        "2026-01-31T12:00", "2026-01-31T12:00:00", "2026-01-31T24:00:00Z", "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00+1:00", "2026-01-31T12:00:00Zx", "-026-01-31", "2026-01-31T"})
    EXPECT_EQ(ParseUtcTime(text), std::nullopt) << text;
}

TEST(UtcTimeTest, ATimeIsWrittenInMilliseconds) {
  EXPECT_EQ(FormatUtcTime(1769860800), "2026-01-31T12:00:00.000Z");
  EXPECT_EQ(FormatUtcTime(1769860799.9999), "2026-01-31T12:00:00.000Z");
  EXPECT_EQ(FormatUtcTime(1769860800.25), "2026-01-31T12:00:00.250Z");
}

}  // namespace
}  // namespace descent
