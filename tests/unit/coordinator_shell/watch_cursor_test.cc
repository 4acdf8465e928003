#include "coordinator/watch_cursor.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(WatchCursorTest, WhatIsWrittenIsReadAgain) {
  const WatchCursor cursor{.events = {{"a", 17}},
                           .steps = {{"a", 500}, {"b-2", 20}},
                           .lines = {{"a", 98}},
                           .uids = {{"a", "9c1e0f42"}}};

  const Result<WatchCursor> read = ParseWatchCursor(cursor.ToText());

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(cursor.ToText(), "a.9c1e0f42@17 a.9c1e0f42:500 b-2:20 a.9c1e0f42~98");
  EXPECT_EQ(read.value().events, cursor.events);
  EXPECT_EQ(read.value().steps, cursor.steps);
  EXPECT_EQ(read.value().lines, cursor.lines);
  EXPECT_EQ(read.value().uids, cursor.uids);
}

TEST(WatchCursorTest, AnEmptyTextIsTheBeginning) {
  EXPECT_EQ(ParseWatchCursor("").value().ToText(), "");
}

TEST(WatchCursorTest, PositionsInAnotherJobOfThatNameAreDropped) {
  WatchCursor cursor = ParseWatchCursor("a.9c1e0f42@17 a.9c1e0f42:500 a.9c1e0f42~9 b:20").value();

  cursor.Adopt("a", "9c1e0f42");
  EXPECT_EQ(cursor.events.at("a"), 17);
  cursor.Adopt("a", "00000000");
  cursor.Adopt("b", "11111111");

  EXPECT_EQ(cursor.ToText(), "b.11111111:20");
}

TEST(WatchCursorTest, OtherTextsAreRefused) {
  for (const char* text :
       {"a", "a:", "a:x", "a:-1", "a:1x", ":5", "A:5", "a@1:2", "a~", "a~x", "../b:1", "a.:5",
        "a.9c1e:5", "a.9C1E0F42:5", "a.9c1e0f42@1 a.00000000:5"})
    EXPECT_EQ(ParseWatchCursor(text).status().code(), Code::kInvalidArgument) << text;
}

}  // namespace
}  // namespace descent
