#include "worker/data/byte_pair_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string PairsProblemOf(std::string_view vocabulary_json) {
  const Status status = ParseBytePairTables(vocabulary_json, "").status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  return status.message();
}

TEST(BytePairTablesTest, TokensComeInTheOrderOfTheirNumbers) {
  EXPECT_THAT(ParseBytePairTables(R"({"b": 1, "\u0120a": 2, "a": 0})", "").value().tokens,
              ElementsAre("a", "b", "Ġa"));
}

TEST(BytePairTablesTest, MergesAreTheLinesBehindTheVersion) {
  EXPECT_THAT(ParseBytePairTables("{}", "#version: 0.2\na b\r\nab c\n\n").value().merges,
              ElementsAre("a b", "ab c"));
  EXPECT_THAT(ParseBytePairTables("{}", "# #\na b").value().merges, ElementsAre("# #", "a b"));
  EXPECT_THAT(ParseBytePairTables("{}", "").value().merges, IsEmpty());
}

TEST(BytePairTablesTest, WhatIsNotJsonIsRefused) {
  EXPECT_EQ(PairsProblemOf("{\"a\": "), "must be a JSON object from each token to its number");
  EXPECT_EQ(PairsProblemOf("[1, 2]"), "must be a JSON object from each token to its number");
  EXPECT_EQ(PairsProblemOf("{\"\xFF\": 0}"), "must be a JSON object from each token to its number");
}

TEST(BytePairTablesTest, NumbersAreFromZeroWithoutAGap) {
  EXPECT_EQ(PairsProblemOf(R"({"a": 0, "b": 2})"),
            "the number of \"b\" is 2, must be from 0 to 1, as there are 2 tokens");
  EXPECT_THAT(PairsProblemOf(R"({"a": -1})"), HasSubstr("the number of \"a\" is -1, must be"));
  EXPECT_THAT(PairsProblemOf(R"({"a": "0"})"), HasSubstr("the number of \"a\" is \"0\", must be"));
}

// The parser needs no stack for nesting, but writing such a value out does.
TEST(BytePairTablesTest, ANumberThatIsADeeplyNestedListIsRefused) {
  const std::string depth(1'000'000, '[');

  EXPECT_EQ(PairsProblemOf("{\"a\": " + depth + std::string(depth.size(), ']') + "}"),
            "the number of \"a\" is an array, must be from 0 to 0, as there are 1 tokens");
}

TEST(BytePairTablesTest, NoTwoTokensHaveOneNumber) {
  EXPECT_EQ(PairsProblemOf(R"({"a": 0, "b": 0})"),
            "\"a\" and \"b\" have the number 0, must each have one of its own");
}

}  // namespace
}  // namespace descent
