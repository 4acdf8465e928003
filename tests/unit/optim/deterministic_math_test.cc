#include "worker/optim/deterministic_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace descent {
namespace {

TEST(DeterministicMathTest, PowersOfSmallExponentsAreExact) {
  EXPECT_EQ(PowerOf(0.5, 0), 1);
  EXPECT_EQ(PowerOf(0.5, 1), 0.5);
  EXPECT_EQ(PowerOf(-3, 5), -243);
}

// Relative error about exponent * 2^-53.
TEST(DeterministicMathTest, PowersAgreeWithTheCLibrary) {
  for (const double base : {0.9, 0.999, 0.95})
    for (const int exponent : {2, 10, 137, 1000, 5000})
      EXPECT_NEAR(PowerOf(base, exponent) / std::pow(base, exponent), 1, exponent * 0x1p-53);
}

TEST(DeterministicMathTest, AVeryLatePowerIsZero) { EXPECT_EQ(PowerOf(0.999, 1LL << 40), 0); }

TEST(DeterministicMathTest, RealPowersAgreeWithTheCLibrary) {
  for (int i = 1; i < 1000; ++i)
    for (const double exponent : {0.1, 0.5, 0.9, 1.0, 2.0, 7.3}) {
      const double wanted = std::pow(i / 1000.0, exponent);
      EXPECT_NEAR(RealPowerOf(i / 1000.0, exponent) / wanted, 1, 1e-14) << i << " " << exponent;
    }
}

TEST(DeterministicMathTest, RealPowersOfTheEndsAreExact) {
  EXPECT_EQ(RealPowerOf(0, 0.9), 0);
  EXPECT_EQ(RealPowerOf(1, 0.9), 1);
  EXPECT_EQ(RealPowerOf(1e-300, 100), 0);
}

TEST(DeterministicMathTest, CosineIsExactAtItsEndsAndMiddle) {
  EXPECT_EQ(CosineOfPi(0), 1);
  EXPECT_EQ(CosineOfPi(0.5), 0);
  EXPECT_EQ(CosineOfPi(1), -1);
}

TEST(DeterministicMathTest, CosineAgreesWithTheCLibrary) {
  for (int i = 0; i <= 10000; ++i) {
    const double x = i / 10000.0;
    EXPECT_NEAR(CosineOfPi(x), std::cos(std::numbers::pi * x), 1e-15);
  }
}

TEST(ExponentialTest, AgreesWithTheLibraryToTheLastDigits) {
  for (double x = -740; x < 709; x += 0.37)
    EXPECT_NEAR(Exponential(x) / std::exp(x), 1.0, x < -708 ? 1e-4 : 1e-15) << x;
}

TEST(ExponentialTest, IsExactAtZeroAndSaturatesAtItsEnds) {
  EXPECT_EQ(Exponential(0), 1.0);
  EXPECT_EQ(Exponential(800), std::numeric_limits<double>::infinity());
  EXPECT_EQ(Exponential(-800), 0.0);
  EXPECT_TRUE(std::isnan(Exponential(std::nan(""))));
}

}  // namespace
}  // namespace descent
