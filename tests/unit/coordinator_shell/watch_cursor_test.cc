#include "coordinator/watch_cursor.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(WatchCursorTest, WhatIsWrittenIsReadAgain) {
  const WatchCursor cursor{.events = {{"a", 17}}, .steps = {{"a", 500}, {"b-2", 20}}};

  const Result<WatchCursor> read = ParseWatchCursor(cursor.ToText());

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(cursor.ToText(), "a@17 a:500 b-2:20");
  EXPECT_EQ(read.value().events, cursor.events);
  EXPECT_EQ(read.value().steps, cursor.steps);
}

TEST(WatchCursorTest, AnEmptyTextIsTheBeginning) {
  EXPECT_EQ(ParseWatchCursor("").value().ToText(), "");
}

TEST(WatchCursorTest, OtherTextsAreRefused) {
  for (const char* text : {"a", "a:", "a:x", "a:-1", "a:1x", ":5", "A:5", "a@1:2", "../b:1"})
    EXPECT_EQ(ParseWatchCursor(text).status().code(), Code::kInvalidArgument) << text;
}

}  // namespace
}  // namespace descent
