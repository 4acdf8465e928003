#include "coordinator/http_range.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

using Kind = RangeChoice::Kind;

void ExpectPart(std::string_view range, std::int64_t first, std::int64_t length) {
  const RangeChoice choice = ChooseRange(range, 10);

  EXPECT_EQ(choice.kind, Kind::kPart) << range;
  EXPECT_EQ(choice.first, first) << range;
  EXPECT_EQ(choice.length, length) << range;
}

TEST(HttpRangeTest, ARangeHasBothItsEnds) {
  ExpectPart("bytes=2-4", 2, 3);
  ExpectPart("bytes=0-0", 0, 1);
}

TEST(HttpRangeTest, ARangeWithoutALastByteGoesToTheEnd) { ExpectPart("bytes=4-", 4, 6); }

TEST(HttpRangeTest, ALastByteBeyondTheEndIsTheEnd) {
  ExpectPart("bytes=8-100", 8, 2);
  ExpectPart("bytes=8-99999999999999999999999", 8, 2);
}

TEST(HttpRangeTest, ASuffixCountsFromTheEnd) {
  ExpectPart("bytes=-3", 7, 3);
  ExpectPart("bytes=-100", 0, 10);
}

TEST(HttpRangeTest, WhatBeginsBeyondTheEndIsNotThere) {
  for (const char* range :
       {"bytes=10-", "bytes=11-12", "bytes=99999999999999999999999-", "bytes=-0"})
    EXPECT_EQ(ChooseRange(range, 10).kind, Kind::kNotThere) << range;
  EXPECT_EQ(ChooseRange("bytes=0-", 0).kind, Kind::kNotThere);
  EXPECT_EQ(ChooseRange("bytes=-5", 0).kind, Kind::kNotThere);
}

TEST(HttpRangeTest, WhatIsNotUnderstoodIsTheWhole) {
  for (const char* range : {"", "bytes", "bytes=", "bytes=-", "bytes=4-2", "bytes=a-b",
                            "bytes=1-2,4-5", "bytes=--1", "bytes=+1-2", "bytes=1 -2", "rows=1-2"})
    EXPECT_EQ(ChooseRange(range, 10).kind, Kind::kWhole) << range;
}

TEST(HttpRangeTest, TheAnswerSaysWhichBytesItHas) {
  EXPECT_EQ(ContentRange(ChooseRange("bytes=4-", 10), 10), "bytes 4-9/10");
  EXPECT_EQ(ContentRange(ChooseRange("bytes=10-", 10), 10), "bytes */10");
}

}  // namespace
}  // namespace descent
