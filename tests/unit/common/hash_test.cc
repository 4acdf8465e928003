#include "common/hash.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

std::span<const std::byte> BytesOf(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// Known answer: xxHash's XXH3_128bits of no bytes with seed 0.
TEST(HashTest, NoBytesGiveThePublishedAnswer) {
  EXPECT_EQ(Hash({}).ToHex(), "99aa06d3014798d86001c324468d497f");
}

TEST(HashTest, OneFlippedBitChangesIt) {
  EXPECT_NE(Hash(BytesOf("descent")), Hash(BytesOf("descens")));
}

TEST(DigestTest, HexRoundTripKeepsEveryBit) {
  const Digest digest{.high = 0x0123456789abcdef, .low = 0xfedcba9876543210};

  const Result<Digest> read = DigestFromHex(digest.ToHex());

  EXPECT_EQ(digest.ToHex(), "0123456789abcdeffedcba9876543210");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value(), digest);
}

TEST(DigestTest, OtherTextIsRefused) {
  for (const char* text : {"", "0123", "0123456789ABCDEFfedcba9876543210",
                           "0123456789abcdeffedcba98765432100", " 123456789abcdeffedcba9876543210"})
    EXPECT_EQ(DigestFromHex(text).status().code(), Code::kInvalidArgument) << text;
}

TEST(ChunkedHasherTest, CutsAtFourMebibytes) {
  const std::string bytes(ChunkedHasher::kDigestChunkBytes + 1, 'x');
  ChunkedHasher hasher;

  hasher.Add(BytesOf(bytes));

  ASSERT_EQ(hasher.chunks().size(), 2u);
  EXPECT_EQ(hasher.chunks()[0], Hash(BytesOf(bytes).first(ChunkedHasher::kDigestChunkBytes)));
  EXPECT_EQ(hasher.chunks()[1], Hash(BytesOf("x")));
}

TEST(ChunkedHasherTest, AStringInPiecesHasTheDigestOfTheWhole) {
  const std::string text((9 << 20) + 7, 'x');
  const auto whole = std::as_bytes(std::span(text));
  ChunkedHasher expected;
  expected.Add(whole);
  expected.Add(whole.first(10));
  ChunkedHasher hasher;

  for (std::size_t first = 0; first < whole.size(); first += 1'000'003)
    hasher.AddPiece(whole.subspan(first, std::min<std::size_t>(1'000'003, whole.size() - first)));
  hasher.EndString();
  hasher.AddPiece(whole.first(10));
  hasher.EndString();

  EXPECT_EQ(hasher.chunks(), expected.chunks());
  EXPECT_EQ(hasher.Finish(), expected.Finish());
}

TEST(ChunkedHasherTest, OrderOfPiecesMatters) {
  ChunkedHasher one;
  ChunkedHasher other;

  one.Add(BytesOf("a"));
  one.Add(BytesOf("b"));
  other.Add(BytesOf("b"));
  other.Add(BytesOf("a"));

  EXPECT_NE(one.Finish(), other.Finish());
}

// Stored checkpoints carry such digests, so the rule must never change unseen.
TEST(ChunkedHasherTest, FinishHashesTheChunksInBigEndian) {
  ChunkedHasher hasher;
  hasher.Add(BytesOf("a"));
  const Digest chunk = Hash(BytesOf("a"));
  std::string bytes;
  for (const std::uint64_t word : {chunk.high, chunk.low})
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift);

  EXPECT_EQ(hasher.Finish(), Hash(BytesOf(bytes)));
}

}  // namespace
}  // namespace descent
