#include "worker/data/load_vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"
#include "worker/data/byte_symbols.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LoadVocabularyTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  // The 256 bytes and "ab", in GPT-2's two files.
  VocabularySpec WriteGpt2(const std::string& merges) const {
    nlohmann::json tokens;
    for (int byte = 0; byte < 256; ++byte)
      tokens[SymbolOfByte(static_cast<unsigned char>(byte))] = byte;
    tokens["ab"] = 256;
    WriteBytes(Path("vocab.json"), tokens.dump());
    WriteBytes(Path("merges.txt"), merges);
    return {.vocab = Path("vocab.json"), .merges = Path("merges.txt")};
  }

  static std::string ProblemsOf(Tokenizer tokenizer, const VocabularySpec& spec) {
    const Status status = LoadVocabulary(tokenizer, spec).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    return status.message();
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(LoadVocabularyTest, BytesNeedNoFile) {
  EXPECT_EQ(LoadVocabulary(Tokenizer::kByte, {}).value(), Vocabulary::Bytes());
}

TEST_F(LoadVocabularyTest, WithoutATokenizerThereIsNone) {
  EXPECT_EQ(LoadVocabulary({}, {}).value(), std::nullopt);
}

TEST_F(LoadVocabularyTest, Gpt2IsReadFromItsTwoFiles) {
  const auto vocabulary =
      LoadVocabulary(Tokenizer::kGpt2, WriteGpt2("#version: 0.2\na b\n")).value();

  EXPECT_THAT(vocabulary->Encode("cab").value(), ElementsAre('c', 256));
}

TEST_F(LoadVocabularyTest, ProblemsOfTheMergesNameBothFiles) {
  EXPECT_EQ(ProblemsOf(Tokenizer::kGpt2, WriteGpt2("a b\nb a\na\n")),
            Path("vocab.json") + " with " + Path("merges.txt") +
                ": merge 2, \"b a\": \"ba\" is no token of the vocabulary\n" + Path("vocab.json") +
                " with " + Path("merges.txt") +
                ": merge 3, \"a\": must be two tokens and a space between them");
}

TEST_F(LoadVocabularyTest, BothMissingFilesAreNamed) {
  const std::string problems = ProblemsOf(
      Tokenizer::kGpt2, {.vocab = Path("no-vocab.json"), .merges = Path("no-merges.txt")});

  EXPECT_THAT(problems, HasSubstr("no-vocab.json: No such file"));
  EXPECT_THAT(problems, HasSubstr("no-merges.txt: No such file"));
}

TEST_F(LoadVocabularyTest, CharactersAreThoseOfTheFile) {
  WriteBytes(Path("characters"), "hello\n");

  EXPECT_EQ(LoadVocabulary(Tokenizer::kChar, {.vocab = Path("characters")}).value()->characters(),
            "\nehlo");
}

TEST_F(LoadVocabularyTest, AMissingFileOfCharactersIsNamed) {
  EXPECT_THAT(ProblemsOf(Tokenizer::kChar, {.vocab = Path("none.txt")}),
              HasSubstr(Path("none.txt")));
}

TEST_F(LoadVocabularyTest, CharactersAreUtf8) {
  WriteBytes(Path("characters"), "a\n\xFF");

  EXPECT_EQ(ProblemsOf(Tokenizer::kChar, {.vocab = Path("characters")}),
            Path("characters") + ": line 2: byte 0xff is not UTF-8");
}

TEST_F(LoadVocabularyTest, TheSizeIsTheDeclaredOneOrTheVocabularys) {
  EXPECT_EQ(VocabularySize({}, Vocabulary::Bytes()).value(), 256);
  EXPECT_EQ(VocabularySize({.size = 300}, Vocabulary::Bytes()).value(), 300);
  EXPECT_EQ(VocabularySize({.size = 100}, {}).value(), 100);
}

}  // namespace
}  // namespace descent
