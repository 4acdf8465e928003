#include "common/job_spec_vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

DataSpec Of(DataFormat format) { return {.train = {.path = "/data", .format = format}}; }

std::vector<std::string> VocabularyFieldsOf(const DataSpec& data) {
  SpecChecker checker;
  CheckVocabulary(data, checker);
  std::vector<std::string> fields;
  for (const Violation& violation : checker.TakeViolations()) fields.push_back(violation.field);
  return fields;
}

TEST(JobSpecVocabularyTest, TextIsOfBytesByDefault) {
  DataSpec data = Of(DataFormat::kText);

  SetVocabularyDefaults(data);

  EXPECT_EQ(data.tokenizer, Tokenizer::kByte);
  EXPECT_THAT(VocabularyFieldsOf(data), IsEmpty());
}

TEST(JobSpecVocabularyTest, TokensNeedASizeOrATokenizer) {
  DataSpec data = Of(DataFormat::kTokens);
  SetVocabularyDefaults(data);
  EXPECT_THAT(VocabularyFieldsOf(data), ElementsAre("data.vocabulary_size"));

  data.vocabulary.size = 50304;
  EXPECT_THAT(VocabularyFieldsOf(data), IsEmpty());

  data.vocabulary.size = 0;
  data.tokenizer = Tokenizer::kByte;
  EXPECT_THAT(VocabularyFieldsOf(data), IsEmpty());
}

TEST(JobSpecVocabularyTest, Gpt2NeedsItsTwoFiles) {
  DataSpec data = Of(DataFormat::kText);
  data.tokenizer = Tokenizer::kGpt2;
  EXPECT_THAT(VocabularyFieldsOf(data), ElementsAre("data.vocab", "data.merges"));

  data.vocabulary = {.vocab = "vocab.json", .merges = "merges.txt"};
  EXPECT_THAT(VocabularyFieldsOf(data), IsEmpty());
}

TEST(JobSpecVocabularyTest, CharactersOfTokenFilesNeedAFile) {
  DataSpec text = Of(DataFormat::kText);
  text.tokenizer = Tokenizer::kChar;
  DataSpec tokens = Of(DataFormat::kTokens);
  tokens.tokenizer = Tokenizer::kChar;

  EXPECT_THAT(VocabularyFieldsOf(text), IsEmpty());
  EXPECT_THAT(VocabularyFieldsOf(tokens), ElementsAre("data.vocab"));
}

TEST(JobSpecVocabularyTest, BytesNeedNoFilesAndAllOfTheirTokens) {
  DataSpec data = Of(DataFormat::kText);
  data.tokenizer = Tokenizer::kByte;
  data.vocabulary = {.vocab = "a", .merges = "b", .size = 255};

  EXPECT_THAT(VocabularyFieldsOf(data),
              UnorderedElementsAre("data.vocab", "data.merges", "data.vocabulary_size"));
}

TEST(JobSpecVocabularyTest, ASizeBeyondTheLargestIsRefused) {
  DataSpec data = Of(DataFormat::kTokens);
  data.vocabulary.size = (1 << 24) + 1;

  EXPECT_THAT(VocabularyFieldsOf(data), ElementsAre("data.vocabulary_size"));
}

TEST(JobSpecVocabularyTest, ADtypeIsOfTokenFilesAlone) {
  DataSpec data = Of(DataFormat::kText);
  data.tokenizer = Tokenizer::kByte;
  data.vocabulary.dtype = TokenType::kUint16;

  EXPECT_THAT(VocabularyFieldsOf(data), ElementsAre("data.dtype"));
}

TEST(JobSpecVocabularyTest, ImagesHaveNoTokens) {
  DataSpec data = Of(DataFormat::kIdx);
  EXPECT_THAT(VocabularyFieldsOf(data), IsEmpty());

  data.tokenizer = Tokenizer::kByte;
  data.vocabulary = {.vocab = "a", .merges = "b", .size = 3};

  EXPECT_THAT(
      VocabularyFieldsOf(data),
      UnorderedElementsAre("data.tokenizer", "data.vocab", "data.merges", "data.vocabulary_size"));
}

}  // namespace
}  // namespace descent
