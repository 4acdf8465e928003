#include "worker/kernels/bfloat16.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace descent {
namespace {

float Rounded(float value) { return FromBFloat16(ToBFloat16(value)); }

TEST(BFloat16Test, KeepsWhatHasEightBits) {
  for (const float value : {0.0f, 1.0f, -1.5f, 255.0f, 0x1p-126f, 0x1.fep127f})
    EXPECT_EQ(Rounded(value), value);
}

TEST(BFloat16Test, KeepsTheSignOfZero) { EXPECT_TRUE(std::signbit(Rounded(-0.0f))); }

TEST(BFloat16Test, RoundsToTheNearest) {
  EXPECT_EQ(Rounded(1 + 0x1p-7f + 0x1p-9f), 1 + 0x1p-7f);
  EXPECT_EQ(Rounded(1 + 0x1p-7f - 0x1p-9f), 1 + 0x1p-7f);
}

TEST(BFloat16Test, RoundsTheMiddleToTheEvenOne) {
  EXPECT_EQ(Rounded(1 + 0x1p-8f), 1.0f);
  EXPECT_EQ(Rounded(1 + 0x1p-7f + 0x1p-8f), 1 + 0x1p-6f);
}

TEST(BFloat16Test, OverflowsToInfinity) {
  EXPECT_EQ(Rounded(std::numeric_limits<float>::max()), std::numeric_limits<float>::infinity());
}

TEST(BFloat16Test, NanStaysNan) {
  EXPECT_TRUE(std::isnan(Rounded(std::numeric_limits<float>::quiet_NaN())));
  // One whose upper half alone would be infinity.
  EXPECT_TRUE(std::isnan(Rounded(std::bit_cast<float>(0x7f800001u))));
}

}  // namespace
}  // namespace descent
