#include "common/utf8.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(Utf8Test, KnownCharactersOfEverySize) {
  EXPECT_EQ(DecodeUtf8("A!"), (Utf8Character{U'A', 1}));
  EXPECT_EQ(DecodeUtf8("\xC3\xBC!"), (Utf8Character{U'ü', 2}));
  EXPECT_EQ(DecodeUtf8("\xE2\x82\xAC!"), (Utf8Character{U'€', 3}));
  EXPECT_EQ(DecodeUtf8("\xF0\x9F\x98\x80!"), (Utf8Character{0x1F600, 4}));
}

TEST(Utf8Test, EveryCodePointComesBack) {
  for (char32_t code_point = 0; code_point <= 0x10FFFF; ++code_point) {
    if (code_point >= 0xD800 && code_point <= 0xDFFF) continue;
    const std::string bytes = EncodeUtf8(code_point);
    ASSERT_EQ(DecodeUtf8(bytes), (Utf8Character{code_point, bytes.size()}));
    ASSERT_EQ(Utf8SizeOf(static_cast<unsigned char>(bytes[0])), bytes.size());
  }
}

TEST(Utf8Test, WhatIsNoCharacterIsNothing) {
  EXPECT_FALSE(DecodeUtf8("").has_value());
  EXPECT_FALSE(DecodeUtf8("\x80").has_value()) << "a continuation alone";
  EXPECT_FALSE(DecodeUtf8("\xC3").has_value()) << "cut off";
  EXPECT_FALSE(DecodeUtf8("\xC3!").has_value()) << "a wrong continuation";
  EXPECT_FALSE(DecodeUtf8("\xC1\xBF").has_value()) << "two bytes for one";
  EXPECT_FALSE(DecodeUtf8("\xE0\x9F\xBF").has_value()) << "three bytes for two";
  EXPECT_FALSE(DecodeUtf8("\xF0\x8F\xBF\xBF").has_value()) << "four bytes for three";
  EXPECT_FALSE(DecodeUtf8("\xED\xA0\x80").has_value()) << "a surrogate";
  EXPECT_FALSE(DecodeUtf8("\xF4\x90\x80\x80").has_value()) << "beyond U+10FFFF";
  EXPECT_FALSE(DecodeUtf8("\xFF").has_value());
}

TEST(Utf8Test, TextIsUtf8IfAllOfItIs) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("a \xC3\xBC b"));
  EXPECT_FALSE(IsUtf8("a \xFC b"));
}

TEST(Utf8Test, BytesThatAreNoCharacterAreReplaced) {
  EXPECT_EQ(ToUtf8("a \xC3\xBC b"), "a \xC3\xBC b");
  EXPECT_EQ(ToUtf8("a\xFF\xC3z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
}

}  // namespace
}  // namespace descent
