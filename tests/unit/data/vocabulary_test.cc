#include "worker/data/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/data/byte_symbols.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(VocabularyTest, ByteTokensAreTheBytes) {
  const Vocabulary vocabulary = Vocabulary::Bytes();

  EXPECT_EQ(vocabulary.size(), 256);
  EXPECT_THAT(vocabulary.Encode("A\xFF").value(), ElementsAre(65, 255));
  EXPECT_EQ(vocabulary.Decode(255), "\xFF");
}

TEST(VocabularyTest, CharacterTokensAreTheSortedCodePointsOfAllTexts) {
  const Vocabulary vocabulary = Vocabulary::CharactersOf({"ban", "ü\n"}).value();

  EXPECT_EQ(vocabulary.size(), 5);
  EXPECT_EQ(vocabulary.characters(), "\nabnü");
  EXPECT_THAT(vocabulary.Encode("nab\nü").value(), ElementsAre(3, 1, 2, 0, 4));
  EXPECT_EQ(vocabulary.Decode(4), "ü");
}

TEST(VocabularyTest, ItsCharactersMakeItAgain) {
  const Vocabulary vocabulary = Vocabulary::CharactersOf({"bäckerei\n"}).value();

  EXPECT_EQ(Vocabulary::FromCharacters(vocabulary.characters()).value(), vocabulary);
}

TEST(VocabularyTest, CharactersThatDoNotAscendAreRefused) {
  EXPECT_THAT(Vocabulary::FromCharacters("ba").status().message(),
              HasSubstr("\"a\" (U+0061) comes after \"b\" (U+0062), characters must ascend"));
}

TEST(VocabularyTest, NoCharactersAreRefused) {
  EXPECT_EQ(Vocabulary::CharactersOf({""}).status().message(),
            "0 distinct characters, must be from 1 to 65536");
}

TEST(VocabularyTest, MoreCharactersThanATokenHoldsAreRefused) {
  std::string text;
  for (int high = 0; high < 18; ++high)
    for (int low = 0; low < 4096; ++low)
      text += {static_cast<char>(0xF0), static_cast<char>(0x90 + high),
               static_cast<char>(0x80 + low / 64), static_cast<char>(0x80 + low % 64)};

  EXPECT_THAT(Vocabulary::CharactersOf({text}).status().message(),
              HasSubstr("73728 distinct characters, must be from 1 to 65536; tokenizer: byte"));
}

TEST(VocabularyTest, AnUnknownCharacterIsNamedWithItsLine) {
  const Vocabulary vocabulary = Vocabulary::CharactersOf({"abc\n"}).value();

  const Status status = vocabulary.Encode("ab\nca€b\nä").status();

  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "line 2: \"€\" (U+20AC) (and 1 more), must be one of the 4 characters of the training "
            "text");
}

TEST(VocabularyTest, ACharacterThatATerminalObeysIsNamedByNumber) {
  const Vocabulary vocabulary = Vocabulary::CharactersOf({"abc"}).value();

  EXPECT_THAT(vocabulary.Encode("a\x1B").status().message(), HasSubstr("line 1: U+001B, must"));
}

TEST(VocabularyTest, BytesThatAreNotUtf8AreNamedWithTheirLine) {
  const Vocabulary vocabulary = Vocabulary::CharactersOf({"abc\n"}).value();

  EXPECT_EQ(vocabulary.Encode("ab\n\xFF").status().message(), "line 2: byte 0xff is not UTF-8");
}

TEST(VocabularyTest, TheTokensOfGpt2NeedUtf8) {
  BytePairTables tables;
  for (int byte = 0; byte < 256; ++byte)
    tables.tokens.push_back(SymbolOfByte(static_cast<unsigned char>(byte)));
  tables.tokens.push_back("ab");
  tables.merges = {"a b"};
  const Vocabulary vocabulary(BytePairEncoding::Create(tables).value());

  EXPECT_EQ(vocabulary.size(), 257);
  EXPECT_THAT(vocabulary.Encode("cab").value(), ElementsAre('c', 256));
  EXPECT_EQ(vocabulary.Decode(256), "ab");
  EXPECT_EQ(vocabulary.Encode("a\n\xFF").status().message(), "line 2: byte 0xff is not UTF-8");
}

TEST(VocabularyTest, InvalidUtf8IsFoundWhereItIs) {
  EXPECT_EQ(FindInvalidUtf8("all\nis wéll"), "");
  EXPECT_EQ(FindInvalidUtf8("a\nb\n\xC3"), "line 3: byte 0xc3 is not UTF-8");
}

}  // namespace
}  // namespace descent
