#include "worker/data/byte_pair_encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/file.h"
#include "worker/data/byte_symbols.h"
#include "worker/data/gpt2_split.h"

namespace descent {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

// The 256 bytes as tokens 0 to 255, then these tokens.
BytePairTables TablesOf(const std::vector<std::string>& tokens,
                        const std::vector<std::string>& merges) {
  BytePairTables tables{.tokens = {}, .merges = merges};
  for (int byte = 0; byte < 256; ++byte)
    tables.tokens.push_back(SymbolOfByte(static_cast<unsigned char>(byte)));
  tables.tokens.insert(tables.tokens.end(), tokens.begin(), tokens.end());
  return tables;
}

std::string DecodeAll(const BytePairEncoding& encoding, const std::vector<std::uint32_t>& tokens) {
  std::string text;
  for (const std::uint32_t token : tokens) text += encoding.Decode(token);
  return text;
}

std::string ProblemsOf(const BytePairTables& tables) {
  const Status status = BytePairEncoding::Create(tables).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  return status.message();
}

// What make_byte_pair_golden.py recorded.
class BytePairGoldenTest : public testing::Test {
 protected:
  const json golden_ = json::parse(ReadFile(GOLDEN_DIRECTORY "/golden_byte_pair.json").value());

  BytePairEncoding Encoding() const {
    return BytePairEncoding::Create(
               {.tokens = ParseBytePairTables(golden_["vocab"].dump(), "").value().tokens,
                .merges = golden_["merges"]})
        .value();
  }
};

TEST_F(BytePairGoldenTest, PiecesAreThoseOfTokenizers) {
  for (const json& recorded : golden_["texts"]) {
    std::vector<std::string> pieces;
    ASSERT_TRUE(SplitLikeGpt2(recorded["text"].get<std::string>(), [&](std::string_view piece) {
                  pieces.emplace_back(piece);
                }).ok());

    EXPECT_EQ(pieces, recorded["pieces"].get<std::vector<std::string>>()) << recorded["text"];
  }
}

TEST_F(BytePairGoldenTest, TokensAreThoseOfTokenizers) {
  const BytePairEncoding encoding = Encoding();

  for (const json& recorded : golden_["texts"])
    EXPECT_EQ(encoding.Encode(recorded["text"].get<std::string>()).value(),
              recorded["tokens"].get<std::vector<std::uint32_t>>())
        << recorded["text"];
}

TEST_F(BytePairGoldenTest, TokensDecodeToTheText) {
  const BytePairEncoding encoding = Encoding();

  for (const json& recorded : golden_["texts"]) {
    const auto text = recorded["text"].get<std::string>();
    EXPECT_EQ(DecodeAll(encoding, encoding.Encode(text).value()), text);
  }
}

TEST(BytePairEncodingTest, WithoutMergesTokensAreBytes) {
  const BytePairEncoding encoding = BytePairEncoding::Create(TablesOf({}, {})).value();

  EXPECT_THAT(encoding.Encode("a é").value(), ElementsAre('a', ' ', 0xC3, 0xA9));
}

TEST(BytePairEncodingTest, TheEarliestMergeComesFirst) {
  const BytePairEncoding encoding =
      BytePairEncoding::Create(TablesOf({"bc", "ab", "abc"}, {"b c", "a b", "ab c"})).value();

  EXPECT_THAT(encoding.Encode("abc").value(), ElementsAre('a', 256));
}

TEST(BytePairEncodingTest, OfEqualMergesTheLeftmostComesFirst) {
  const BytePairEncoding encoding = BytePairEncoding::Create(TablesOf({"aa"}, {"a a"})).value();

  EXPECT_THAT(encoding.Encode("aaaaa").value(), ElementsAre(256, 256, 'a'));
}

TEST(BytePairEncodingTest, MergedTokensMergeOn) {
  const BytePairEncoding encoding =
      BytePairEncoding::Create(TablesOf({"aa", "aaaa"}, {"a a", "aa aa"})).value();

  EXPECT_THAT(encoding.Encode("aaaaaaa").value(), ElementsAre(257, 256, 'a'));
}

// With work that grows with the square of a piece's length this would take hours.
TEST(BytePairEncodingTest, AWordOfAMillionLettersIsEncoded) {
  const BytePairEncoding encoding =
      BytePairEncoding::Create(TablesOf({"aa", "aaaa"}, {"a a", "aa aa"})).value();

  EXPECT_EQ(encoding.Encode(std::string(1'000'000, 'a')).value().size(), 250'000);
}

TEST(BytePairEncodingTest, ATokenThatIsNotInSymbolsStandsForItself) {
  const BytePairEncoding encoding = BytePairEncoding::Create(TablesOf({"<a b>", "Ġa"}, {})).value();

  EXPECT_EQ(encoding.Decode(256), "<a b>");
  EXPECT_EQ(encoding.Decode(257), " a");
}

TEST(BytePairEncodingTest, ProblemsOfTheTablesComeAtOnce) {
  BytePairTables tables = TablesOf({"ab", "ab"}, {"a", "a b c", "a x y", "a b", "a b", "b c"});
  tables.tokens[0] = "abc";

  EXPECT_EQ(ProblemsOf(tables),
            "the token \"ab\" is there twice\n"
            "no token \"Ā\" for the byte 0x00\n"
            "merge 1, \"a\": must be two tokens and a space between them\n"
            "merge 2, \"a b c\": must be two tokens and a space between them\n"
            "merge 3, \"a x y\": must be two tokens and a space between them\n"
            "merge 5, \"a b\": is there twice\n"
            "merge 6, \"b c\": \"bc\" is no token of the vocabulary");
}

TEST(BytePairEncodingTest, ManyProblemsAreCounted) {
  EXPECT_THAT(ProblemsOf({.tokens = {}, .merges = {}}), HasSubstr("\nand 236 more"));
}

}  // namespace
}  // namespace descent
