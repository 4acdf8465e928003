#include "common/low_watermark.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;
constexpr std::int64_t kGibibyte = 1 << 30;

TEST(LowWatermarkTest, IsBytesOrAPartOfTheVolume) {
  EXPECT_EQ(BytesOf(ParseLowWatermark("4096").value(), kGibibyte), 4096);
  EXPECT_EQ(BytesOf(ParseLowWatermark("1.5MiB").value(), kGibibyte), 3 * kMebibyte / 2);
  EXPECT_EQ(BytesOf(ParseLowWatermark("25%").value(), 8 * kGibibyte), 2 * kGibibyte);
  EXPECT_EQ(BytesOf(ParseLowWatermark("0").value(), kGibibyte), 0);
}

TEST(LowWatermarkTest, IsNeverMoreThanTheVolumeHas) {
  EXPECT_EQ(BytesOf(ParseLowWatermark("10TiB").value(), kGibibyte), kGibibyte);
}

TEST(LowWatermarkTest, ByDefaultASmallVolumeIsNotKeptFree) {
  EXPECT_EQ(BytesOf(kLowWatermarkDefault, 1000 * kGibibyte), kGibibyte);
  EXPECT_EQ(BytesOf(kLowWatermarkDefault, 100 * kMebibyte), 5 * kMebibyte);
}

TEST(LowWatermarkTest, WhatIsNoAmountOfSpaceIsRefusedWithWhatIsOne) {
  for (const char* text : {"", "much", "-1", "5 GiB", "5GB", "101%", "nan", "inf", "9000000TiB"})
    EXPECT_EQ(ParseLowWatermark(text).status().code(), Code::kInvalidArgument) << text;
  EXPECT_EQ(ParseLowWatermark("5GB").status().message(),
            "\"5GB\" is no amount of space, must be bytes (1073741824), KiB, MiB, GiB or TiB "
            "(10GiB), or a part of the volume (5%)");
}

}  // namespace
}  // namespace descent
