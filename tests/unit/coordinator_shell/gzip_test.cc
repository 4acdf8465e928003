#include "coordinator/gzip.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

// More than a block of the reader, and hardly compressible.
std::string MuchText() {
  std::string text;
  for (unsigned i = 0; text.size() < 300'000; ++i) text += std::to_string(i * 2654435761u) + "\n";
  return text;
}

TEST(GzipTest, WhatWasCompressedComesBack) {
  for (const std::string& text : {std::string(), std::string("one\n"), MuchText()}) {
    for (const GzipLevel level : {GzipLevel::kFast, GzipLevel::kSmall}) {
      const Gunzipped found = Gunzip(Gzip(text, level));

      EXPECT_TRUE(found.is_whole);
      EXPECT_EQ(found.bytes, text);
    }
  }
}

TEST(GzipTest, RepetitionsTakeLittleSpace) {
  EXPECT_LT(Gzip(std::string(100'000, 'x'), GzipLevel::kSmall).size(), 1000u);
}

TEST(GzipTest, HalfOfItIsTheBeginningAndSaysSo) {
  const std::string text = MuchText();
  const std::string packed = Gzip(text, GzipLevel::kSmall);

  const Gunzipped found = Gunzip(std::string_view(packed).substr(0, packed.size() / 2));

  EXPECT_FALSE(found.is_whole);
  EXPECT_GT(found.bytes.size(), 1000u);
  EXPECT_TRUE(text.starts_with(found.bytes));
}

TEST(GzipTest, AWrongChecksumIsFound) {
  std::string packed = Gzip("one\n", GzipLevel::kSmall);
  packed[packed.size() - 5] ^= 1;

  EXPECT_FALSE(Gunzip(packed).is_whole);
}

TEST(GzipTest, WhatIsNoGzipFileIsNotWhole) {
  EXPECT_FALSE(Gunzip("").is_whole);
  EXPECT_FALSE(Gunzip("text\n").is_whole);
}

}  // namespace
}  // namespace descent
