#include "checkpoint/file_digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

using testing::StartsWith;

FileDigest DigestOf(const std::string& bytes) {
  return DigestBytes("file", std::as_bytes(std::span(bytes)));
}

// Of a file with these bytes, read in blocks of a size that divides nothing.
class FileDigestTest : public testing::Test {
 protected:
  Status Verify(const std::string& bytes, const FileDigest& wanted) {
    EXPECT_TRUE(WriteNewFile(path_, bytes).ok());
    std::vector<std::byte> block(1'000'003);
    return VerifyFile(path_, wanted, block);
  }

  const TemporaryDirectory directory_;
  const std::filesystem::path path_ = directory_.path() / "file";
};

TEST_F(FileDigestTest, PiecesDoNotChangeTheDigest) {
  const std::string bytes((9 << 20) + 1, 'x');
  const auto view = std::as_bytes(std::span(bytes));
  FileHasher hasher;
  for (const auto& piece :
       {view.first(5), view.subspan(5, 0), view.subspan(5, 7 << 20), view.subspan(5 + (7 << 20))})
    hasher.Add(piece);

  EXPECT_EQ(hasher.Finish("file"), DigestOf(bytes));
}

TEST_F(FileDigestTest, AnEmptyFileHasADigestAndNoChunks) {
  EXPECT_TRUE(DigestOf("").chunks.empty());
  EXPECT_TRUE(Verify("", DigestOf("")).ok());
}

TEST_F(FileDigestTest, ChunksAreFourMebibytes) {
  EXPECT_EQ(DigestOf(std::string(8 << 20, 'x')).chunks.size(), 2u);
  EXPECT_EQ(DigestOf(std::string((8 << 20) + 1, 'x')).chunks.size(), 3u);
}

TEST_F(FileDigestTest, AFlippedBitNamesFileAndChunk) {
  std::string bytes(9 << 20, 'x');
  const FileDigest wanted = DigestOf(bytes);
  bytes[5 << 20] ^= 1;

  const Status verified = Verify(bytes, wanted);

  EXPECT_EQ(verified.code(), Code::kDataLoss);
  EXPECT_THAT(verified.message(), StartsWith(path_.string() + " is corrupt in chunk 1 of 3"));
}

TEST_F(FileDigestTest, AnotherSizeSaysBoth) {
  const Status verified = Verify("abc", DigestOf("abcd"));

  EXPECT_EQ(verified.code(), Code::kDataLoss);
  EXPECT_EQ(verified.message(), path_.string() + " has 3 bytes, must have 4");
}

TEST_F(FileDigestTest, AnIntactFilePasses) { EXPECT_TRUE(Verify("abc", DigestOf("abc")).ok()); }

}  // namespace
}  // namespace descent
