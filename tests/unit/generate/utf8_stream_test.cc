#include "worker/generate/utf8_stream.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(Utf8StreamTest, WholeCharactersPassAtOnce) {
  Utf8Stream stream;

  EXPECT_EQ(stream.Put("añ€"), "añ€");
  EXPECT_EQ(stream.Finish(), "");
}

TEST(Utf8StreamTest, ACharacterIsHeldBackUntilAllItsBytesAreThere) {
  Utf8Stream stream;

  EXPECT_EQ(stream.Put("a\xE2"), "a");
  EXPECT_EQ(stream.Put("\x82"), "");
  EXPECT_EQ(stream.Put("\xAC"), "€");
}

TEST(Utf8StreamTest, AByteThatBelongsToNoCharacterIsReplaced) {
  Utf8Stream stream;

  EXPECT_EQ(stream.Put("\xFF"
                       "a\x80"),
            "\uFFFDa\uFFFD");
}

TEST(Utf8StreamTest, ACharacterThatBreaksOffIsReplacedOnceThatShows) {
  Utf8Stream stream;

  EXPECT_EQ(stream.Put("\xE2\x82"), "");
  EXPECT_EQ(stream.Put("b"), "\uFFFD\uFFFDb");
}

TEST(Utf8StreamTest, WhatIsHeldBackAtTheEndIsReplaced) {
  Utf8Stream stream;
  EXPECT_EQ(stream.Put("a\xF0\x9F"), "a");

  EXPECT_EQ(stream.Finish(), "\uFFFD\uFFFD");
}

}  // namespace
}  // namespace descent
