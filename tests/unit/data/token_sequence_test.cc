#include "worker/data/token_sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TokenSequenceTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  TokenFile File(const std::string& name, const std::vector<std::uint16_t>& tokens) const {
    WriteBytes(Path(name), {reinterpret_cast<const char*>(tokens.data()), tokens.size() * 2});
    return OpenTokenFile(Path(name), {}).value();
  }

  // [0, 1, 2] in memory, [3, 4] in a file, [70000, 6] in memory as uint32.
  TokenSequence ThreePieces() const {
    TokenSequence tokens;
    tokens.Append(std::vector<std::uint32_t>{0, 1, 2}, TokenType::kUint16, "first");
    tokens.Append(File("middle.bin", {3, 4}));
    tokens.Append(std::vector<std::uint32_t>{70000, 6}, TokenType::kUint32, "last");
    return tokens;
  }

  static std::vector<std::int32_t> Copy(const TokenSequence& tokens, std::int64_t first,
                                        std::size_t count) {
    std::vector<std::int32_t> copy(count);
    tokens.Copy(first, copy);
    return copy;
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(TokenSequenceTest, TokensFollowOneAnotherWhateverTheyLieIn) {
  const TokenSequence tokens = ThreePieces();

  EXPECT_EQ(tokens.size(), 7);
  EXPECT_THAT(Copy(tokens, 0, 7), ElementsAre(0, 1, 2, 3, 4, 70000, 6));
}

TEST_F(TokenSequenceTest, TheFilesOfTokensAreThoseThatHoldThem) {
  TokenSequence tokens = ThreePieces();

  EXPECT_THAT(tokens.FilesOf({0, 3}), ElementsAre("first"));
  EXPECT_THAT(tokens.FilesOf({2, 6}), ElementsAre("first", Path("middle.bin"), "last"));
  tokens.Cut({4, 7});
  EXPECT_THAT(tokens.FilesOf({0, 2}), ElementsAre(Path("middle.bin"), "last"));
}

TEST_F(TokenSequenceTest, ACopyMayBeginAnywhere) {
  const TokenSequence tokens = ThreePieces();

  for (int first = 0; first < 4; ++first) EXPECT_EQ(Copy(tokens, first, 1).front(), first);
  EXPECT_THAT(Copy(tokens, 2, 4), ElementsAre(2, 3, 4, 70000));
  EXPECT_THAT(Copy(tokens, 6, 1), ElementsAre(6));
  EXPECT_THAT(Copy(tokens, 7, 0), IsEmpty());
}

TEST_F(TokenSequenceTest, EmptyPiecesAreOfNoAccount) {
  TokenSequence tokens;
  tokens.Append(File("empty.bin", {}));
  tokens.Append(File("one.bin", {8}));
  tokens.Append(File("nothing.bin", {}));

  EXPECT_THAT(Copy(tokens, 0, 1), ElementsAre(8));
}

TEST_F(TokenSequenceTest, ACutLeavesItsRange) {
  TokenSequence tokens = ThreePieces();

  tokens.Cut({.first = 2, .last = 6});

  EXPECT_EQ(tokens.size(), 4);
  EXPECT_THAT(Copy(tokens, 0, 4), ElementsAre(2, 3, 4, 70000));
}

TEST_F(TokenSequenceTest, ACutMayLeaveNothing) {
  TokenSequence tokens = ThreePieces();

  tokens.Cut({.first = 3, .last = 3});

  EXPECT_EQ(tokens.size(), 0);
}

TEST_F(TokenSequenceTest, MovingItLeavesTheTokens) {
  TokenSequence tokens = ThreePieces();

  const TokenSequence moved = std::move(tokens);

  EXPECT_THAT(Copy(moved, 0, 7), ElementsAre(0, 1, 2, 3, 4, 70000, 6));
}

TEST_F(TokenSequenceTest, TokensBeyondTheVocabularyAreNamedByFile) {
  TokenSequence tokens;
  tokens.Append(File("a.bin", {1, 300, 2, 400, 500}));
  tokens.Append(File("b.bin", {1, 2}));
  tokens.Append(File("c.bin", {256}));

  EXPECT_THAT(tokens.FindTokensBeyond(256),
              ElementsAre(Path("a.bin") + ": token 300 at index 1 (and 2 more)",
                          Path("c.bin") + ": token 256 at index 0"));
  EXPECT_THAT(tokens.FindTokensBeyond(501), IsEmpty());
}

TEST_F(TokenSequenceTest, AnIndexIsThatInTheFileAfterACutAsWell) {
  TokenSequence tokens;
  tokens.Append(File("a.bin", {1, 2, 3, 400}));
  tokens.Cut({.first = 2, .last = 4});

  EXPECT_THAT(tokens.FindTokensBeyond(256), ElementsAre(Path("a.bin") + ": token 400 at index 3"));
}

TEST_F(TokenSequenceTest, TheHashCoversEveryPiece) {
  const auto hash = [](const TokenSequence& tokens) {
    ChunkedHasher hasher;
    tokens.AddTo(hasher);
    return hasher.Finish();
  };
  TokenSequence other = ThreePieces();
  other.Cut({.first = 0, .last = 6});

  EXPECT_EQ(hash(ThreePieces()), hash(ThreePieces()));
  EXPECT_NE(hash(ThreePieces()), hash(other));
}

TEST_F(TokenSequenceTest, ACopyBeyondTheEndIsABug) {
  const TokenSequence tokens = ThreePieces();

  EXPECT_DEATH(Copy(tokens, 5, 3), "check failed");
}

}  // namespace
}  // namespace descent
