#include "worker/checkpoint/file_digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace descent {
namespace {

using testing::HasSubstr;

FileDigest DigestOf(const std::string& bytes) {
  const auto view = std::as_bytes(std::span(bytes));
  return DigestPieces("file", std::span(&view, 1));
}

Status Verify(const std::string& bytes, const FileDigest& wanted) {
  return VerifyFile("dir/file", std::as_bytes(std::span(bytes)), wanted);
}

TEST(FileDigestTest, PiecesDoNotChangeTheDigest) {
  const std::string bytes(9 << 20, 'x');
  const auto view = std::as_bytes(std::span(bytes));
  const std::array pieces = {view.first(5), view.subspan(5, 7 << 20), view.subspan(5 + (7 << 20))};

  EXPECT_EQ(DigestPieces("file", pieces), DigestOf(bytes));
}

TEST(FileDigestTest, ChunksAreFourMebibytes) {
  EXPECT_EQ(DigestOf(std::string(8 << 20, 'x')).chunks.size(), 2u);
  EXPECT_EQ(DigestOf(std::string((8 << 20) + 1, 'x')).chunks.size(), 3u);
}

TEST(FileDigestTest, AFlippedBitNamesFileAndChunk) {
  std::string bytes(9 << 20, 'x');
  const FileDigest wanted = DigestOf(bytes);
  bytes[5 << 20] ^= 1;

  const Status verified = Verify(bytes, wanted);

  EXPECT_EQ(verified.code(), Code::kDataLoss);
  EXPECT_THAT(verified.message(), HasSubstr("dir/file is corrupt in chunk 1 of 3"));
}

TEST(FileDigestTest, AnotherSizeSaysBoth) {
  const Status verified = Verify("abc", DigestOf("abcd"));

  EXPECT_EQ(verified.code(), Code::kDataLoss);
  EXPECT_EQ(verified.message(), "dir/file has 3 bytes, must have 4");
}

TEST(FileDigestTest, AnIntactFilePasses) { EXPECT_TRUE(Verify("abc", DigestOf("abc")).ok()); }

}  // namespace
}  // namespace descent
