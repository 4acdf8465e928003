#include "common/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace descent {
namespace {

using testing::ElementsAre;

// Known answers: Random123 1.14, tests/kat_vectors, "philox4x32 10".
TEST(PhiloxTest, ZeroesGiveThePublishedAnswer) {
  const auto words = Philox4x32({0, 0, 0, 0}, {0, 0});

  EXPECT_THAT(words, ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
}

TEST(PhiloxTest, OnesGiveThePublishedAnswer) {
  const auto words =
      Philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff});

  EXPECT_THAT(words, ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
}

TEST(PhiloxTest, DigitsOfPiGiveThePublishedAnswer) {
  const auto words =
      Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0});

  EXPECT_THAT(words, ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(PhiloxKeyTest, DiffersByPurpose) {
  EXPECT_NE(MakePhiloxKey(42, RandomPurpose::kInit), MakePhiloxKey(42, RandomPurpose::kDropout));
}

TEST(PhiloxKeyTest, DiffersByTheUpperHalfOfTheSeed) {
  EXPECT_NE(MakePhiloxKey(1, RandomPurpose::kInit),
            MakePhiloxKey(1 + (std::uint64_t{1} << 32), RandomPurpose::kInit));
}

TEST(UniformTest, LargestWordStaysBelowOne) { EXPECT_LT(ToUniformFloat(0xffffffff), 1.0f); }

TEST(UniformTest, SmallestWordIsZero) { EXPECT_EQ(ToUniformFloat(0), 0.0f); }

TEST(NormalTest, ExtremeWordsStayFinite) {
  EXPECT_TRUE(std::isfinite(ToNormal(0)));
  EXPECT_TRUE(std::isfinite(ToNormal(0xffffffff)));
}

// Quantiles of the standard normal distribution from its tables.
TEST(NormalTest, AWordBecomesTheQuantileOfItsShare) {
  const auto word_of = [](double share) { return static_cast<std::uint32_t>(share * 0x1p32); };

  EXPECT_NEAR(ToNormal(word_of(0.5)), 0.0, 1e-8);
  EXPECT_NEAR(ToNormal(word_of(0.975)), 1.959963985, 1e-8);
  EXPECT_NEAR(ToNormal(word_of(0.84134474607)), 1.0, 1e-8);
  EXPECT_NEAR(ToNormal(word_of(0.001)), -3.090232306, 1e-6);
}

// 100,000 draws: the standard error of the mean is 0.0032, of the variance 0.0045; 5 of each.
TEST(NormalTest, HasMeanZeroAndVarianceOne) {
  const PhiloxKey key = MakePhiloxKey(7, RandomPurpose::kInit);
  const int draws = 100'000;
  double sum = 0;
  double sum_of_squares = 0;
  for (std::uint32_t i = 0; i < draws; ++i) {
    const auto words = Philox4x32({i, 0, 0, 0}, key);
    const double value = ToNormal(words[0]);
    sum += value;
    sum_of_squares += value * value;
  }

  EXPECT_NEAR(sum / draws, 0.0, 0.016);
  EXPECT_NEAR(sum_of_squares / draws, 1.0, 0.023);
}

}  // namespace
}  // namespace descent
