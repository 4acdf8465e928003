#include "worker/data/tokenize_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"
#include "worker/data/token_sequence.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TokenizeFilesTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  TokenizeRequest Request(Tokenizer tokenizer) const {
    return {.globs = {Path("*.txt")}, .tokenizer = tokenizer, .output = Path("out.bin")};
  }

  std::vector<std::int32_t> Written() const {
    TokenSequence sequence;
    sequence.Append(OpenTokenFile(Path("out.bin"), {}).value());
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(sequence.size()));
    sequence.Copy(0, tokens);
    return tokens;
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(TokenizeFilesTest, FilesFollowOneAnotherAsUint16WithoutAHeader) {
  WriteBytes(Path("b.txt"), "c");
  WriteBytes(Path("a.txt"), "ab");

  const TokenizeReport report = TokenizeFiles(Request(Tokenizer::kByte)).value();

  EXPECT_THAT(Written(), ElementsAre('a', 'b', 'c'));
  EXPECT_EQ(ReadFile(Path("out.bin")).value().size(), 6u);
  EXPECT_EQ(report.file_count, 2);
  EXPECT_EQ(report.token_count, 3);
  EXPECT_EQ(report.vocabulary_size, 256);
  EXPECT_EQ(report.type, TokenType::kUint16);
}

TEST_F(TokenizeFilesTest, AHeaderIsThatOfLlmC) {
  WriteBytes(Path("a.txt"), "ab");
  TokenizeRequest request = Request(Tokenizer::kByte);
  request.has_header = true;

  ASSERT_TRUE(TokenizeFiles(request).ok());

  EXPECT_THAT(Written(), ElementsAre('a', 'b'));
  EXPECT_EQ(ReadFile(Path("out.bin")).value().size(), 1024u + 4u);
}

TEST_F(TokenizeFilesTest, CharactersThatNoFileSaysAreWrittenBesideTheTokens) {
  WriteBytes(Path("a.txt"), "bäb");

  const TokenizeReport report = TokenizeFiles(Request(Tokenizer::kChar)).value();

  EXPECT_THAT(Written(), ElementsAre(0, 1, 0));
  EXPECT_EQ(report.characters_path, Path("out.bin.characters"));
  EXPECT_EQ(ReadFile(report.characters_path).value(), "bä");
}

TEST_F(TokenizeFilesTest, CharactersOfAFileAreTaken) {
  WriteBytes(Path("a.txt"), "bb");
  WriteBytes(Path("known"), "abc");
  TokenizeRequest request = Request(Tokenizer::kChar);
  request.vocabulary.vocab = Path("known");

  const TokenizeReport report = TokenizeFiles(request).value();

  EXPECT_THAT(Written(), ElementsAre(1, 1));
  EXPECT_EQ(report.characters_path, "");
}

TEST_F(TokenizeFilesTest, AFileThatIsThereIsNotReplaced) {
  WriteBytes(Path("a.txt"), "ab");
  WriteBytes(Path("out.bin"), "precious");

  EXPECT_EQ(TokenizeFiles(Request(Tokenizer::kByte)).status().code(), Code::kAlreadyExists);
  EXPECT_EQ(ReadFile(Path("out.bin")).value(), "precious");
}

TEST_F(TokenizeFilesTest, ProblemsOfAllFilesComeAtOnceAndNothingIsWritten) {
  WriteBytes(Path("a.txt"), "a\xFF");
  WriteBytes(Path("b.txt"), "b\n\xFE");
  TokenizeRequest request = Request(Tokenizer::kChar);

  const Status status = TokenizeFiles(request).status();

  EXPECT_EQ(status.message(), Path("a.txt") + ": line 1: byte 0xff is not UTF-8\n" + Path("b.txt") +
                                  ": line 2: byte 0xfe is not UTF-8");
  EXPECT_FALSE(std::filesystem::exists(Path("out.bin")));
}

TEST_F(TokenizeFilesTest, MissingFilesOfAllGlobsAreNamed) {
  TokenizeRequest request = Request(Tokenizer::kByte);
  request.globs = {Path("one"), Path("other")};

  const std::string problems = TokenizeFiles(request).status().message();

  EXPECT_THAT(problems, HasSubstr("one: no such file"));
  EXPECT_THAT(problems, HasSubstr("other: no such file"));
}

}  // namespace
}  // namespace descent
