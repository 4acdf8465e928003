#include "worker/data/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"

namespace descent {
namespace {

constexpr std::size_t kHeaderBytes = 1024;

// A header as llm.c has it, number by number.
std::string HeaderOf(std::int32_t magic, std::int32_t version, std::int32_t count) {
  std::array<std::int32_t, 256> header = {magic, version, count};
  return {reinterpret_cast<const char*>(header.data()), kHeaderBytes};
}

class TokenFileTest : public testing::Test {
 protected:
  std::string path() const { return directory_.path() / "tokens.bin"; }

  // A file of these bytes, opened.
  Result<TokenFile> Open(const std::string& bytes, std::optional<TokenType> declared = {}) const {
    WriteBytes(path(), bytes);
    return OpenTokenFile(path(), declared);
  }

  // What is wrong with such a file, behind its name.
  std::string ProblemOf(const std::string& bytes, std::optional<TokenType> declared = {}) const {
    const Status status = Open(bytes, declared).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    EXPECT_TRUE(status.message().starts_with(path() + ": ")) << status;
    return status.message().substr(path().size() + 2);
  }

  const TemporaryDirectory directory_;
};

TEST_F(TokenFileTest, WithoutAHeaderTheTokensAreUint16) {
  const TokenFile file = Open("abcdef").value();

  EXPECT_EQ(file.type, TokenType::kUint16);
  EXPECT_EQ(file.tokens.size(), 6);
}

TEST_F(TokenFileTest, WithoutAHeaderTheTypeMayBeDeclared) {
  const TokenFile file = Open("abcdefgh", TokenType::kUint32).value();

  EXPECT_EQ(file.type, TokenType::kUint32);
  EXPECT_EQ(file.tokens.size(), 8);
}

TEST_F(TokenFileTest, TheHeaderOfGpt2TokensIsKnownByItsMagicNumber) {
  const TokenFile file = Open(HeaderOf(20240520, 1, 3) + "abcdef").value();

  EXPECT_EQ(file.type, TokenType::kUint16);
  EXPECT_EQ(file.tokens.data(), file.file.bytes().data() + kHeaderBytes);
  EXPECT_EQ(file.tokens.size(), 6);
}

TEST_F(TokenFileTest, TheHeaderOfLlama3TokensIsKnownByItsMagicNumber) {
  const TokenFile file = Open(HeaderOf(20240801, 7, 1) + "abcd").value();

  EXPECT_EQ(file.type, TokenType::kUint32);
  EXPECT_EQ(file.tokens.size(), 4);
}

TEST_F(TokenFileTest, OurHeadersAreThoseOfLlmC) {
  EXPECT_EQ(TokenFileHeader(TokenType::kUint16, 3), HeaderOf(20240520, 1, 3));
  EXPECT_EQ(TokenFileHeader(TokenType::kUint32, 9), HeaderOf(20240801, 7, 9));
}

TEST_F(TokenFileTest, AnEmptyFileHasNoTokens) { EXPECT_TRUE(Open("").value().tokens.empty()); }

TEST_F(TokenFileTest, HalfATokenIsRefused) {
  EXPECT_EQ(ProblemOf("abc"), "3 bytes, must be a multiple of 2, as its tokens are uint16");
  EXPECT_EQ(ProblemOf("abcdef", TokenType::kUint32),
            "6 bytes, must be a multiple of 4, as its tokens are uint32");
}

TEST_F(TokenFileTest, ATruncatedHeaderIsRefused) {
  EXPECT_EQ(ProblemOf(HeaderOf(20240520, 1, 3).substr(0, 1000)),
            "truncated: 1000 bytes, the header alone must have 1024");
}

TEST_F(TokenFileTest, AnotherVersionIsRefused) {
  EXPECT_EQ(ProblemOf(HeaderOf(20240520, 2, 0)),
            "version 2 of a header of uint16 tokens, must be 1");
}

TEST_F(TokenFileTest, ACountThatDoesNotFitTheSizeIsRefused) {
  const std::string wanted = " (1024 of header and 3 tokens of uint16)";

  EXPECT_EQ(ProblemOf(HeaderOf(20240520, 1, 3) + "abcd"), "1028 bytes, must be 1030" + wanted);
  EXPECT_EQ(ProblemOf(HeaderOf(20240520, 1, 3) + "abcdefgh"), "1032 bytes, must be 1030" + wanted);
}

TEST_F(TokenFileTest, ANegativeCountIsRefused) {
  EXPECT_EQ(ProblemOf(HeaderOf(20240520, 1, -1)), "-1 tokens, must be at least 0");
}

TEST_F(TokenFileTest, AHeaderThatContradictsTheDeclaredTypeIsRefused) {
  EXPECT_EQ(ProblemOf(HeaderOf(20240520, 1, 0), TokenType::kUint32),
            "its header says uint16, must be uint32 like its dtype");
}

TEST_F(TokenFileTest, AMissingFileIsRefused) {
  EXPECT_EQ(OpenTokenFile(path(), {}).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace descent
