#include "worker/optim/clip.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace descent {
namespace {

double GlobalNorm(std::span<const float> values) {
  std::vector<double> sums(
      static_cast<std::size_t>(NormBlockCount(static_cast<std::int64_t>(values.size()))));
  SumSquaresOfBlocks(values, sums);
  return NormOfBlocks(sums);
}

TEST(ClipTest, TheNormOfThreeAndFourIsFive) {
  EXPECT_EQ(GlobalNorm(std::vector<float>{3, 0, -4}), 5);
}

TEST(ClipTest, TheNormOfNothingIsZero) { EXPECT_EQ(GlobalNorm({}), 0); }

// All squares and their sums are integers below 2^53, so any order gives the exact sum.
TEST(ClipTest, EveryElementOfManyBlocksCounts) {
  for (const int size : {1, 15, 16, 17, 4095, 4096, 4097, 10000}) {
    std::vector<float> values;
    double sum = 0;
    for (int i = 0; i < size; ++i) {
      values.push_back(static_cast<float>(i % 100 - 50));
      sum += std::pow(i % 100 - 50, 2);
    }

    EXPECT_EQ(GlobalNorm(values), std::sqrt(sum)) << size;
  }
}

TEST(ClipTest, ACutAtABlockDoesNotChangeTheSums) {
  std::vector<float> values(10001);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0f / static_cast<float>(i + 1);
  std::vector<double> whole(3);
  std::vector<double> cut(3);

  SumSquaresOfBlocks(values, whole);
  SumSquaresOfBlocks(std::span(values).first(8192), std::span(cut).first(2));
  SumSquaresOfBlocks(std::span(values).subspan(8192), std::span(cut).subspan(2));

  EXPECT_EQ(cut, whole);
}

// Integers, as above: the sums are exact.
TEST(ClipTest, OnlyTheRangesThatCountEnterTheSums) {
  const std::vector<float> arena(10000, 2.0f);
  const std::vector<IndexRange> counted = {{0, 500}, {1000, 1010}, {5000, 9000}};
  std::vector<double> sums(3, -1);

  SumSquaresOfBlocks(std::span(arena).subspan(400), {400, 10000}, counted, sums);

  EXPECT_EQ(sums, (std::vector<double>{4 * (100 + 10), 4 * (8592 - 5000), 4 * (9000 - 8592)}));
}

TEST(ClipTest, WhereEverythingCountsTheSumsHaveTheSameBits) {
  std::vector<float> arena(10001);
  for (std::size_t i = 0; i < arena.size(); ++i) arena[i] = 1.0f / static_cast<float>(i + 1);
  std::vector<double> plain(3);
  std::vector<double> ranged(3);

  SumSquaresOfBlocks(arena, plain);
  SumSquaresOfBlocks(arena, {0, 10001}, std::vector<IndexRange>{{0, 10001}}, ranged);

  EXPECT_EQ(ranged, plain);
}

TEST(ClipTest, TheNormDoesNotDependOnAlignment) {
  std::vector<float> values(10001);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = 1.0f / static_cast<float>(i % 977 + 1);
  std::vector<float> shifted(values.size() + 3);
  std::copy(values.begin(), values.end(), shifted.begin() + 3);

  EXPECT_EQ(GlobalNorm(values), GlobalNorm(std::span(shifted).subspan(3)));
}

TEST(ClipTest, TheLargestFloatsDoNotOverflow) {
  const std::vector<float> values(4, std::numeric_limits<float>::max());

  EXPECT_EQ(GlobalNorm(values), 2.0 * std::numeric_limits<float>::max());
}

TEST(ClipTest, OneNonFiniteValueMakesTheNormNonFinite) {
  for (const float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    std::vector<float> values(5000, 1.0f);
    values[4999] = bad;

    EXPECT_FALSE(std::isfinite(GlobalNorm(values)));
  }
}

TEST(ClipTest, ANormBelowTheMaximumIsLeftAlone) { EXPECT_EQ(ClipFactor(0.5, 1), 1); }

TEST(ClipTest, ANormAboveTheMaximumIsScaledDownToIt) {
  EXPECT_EQ(ClipFactor(4, 1), 1 / (4 + 1e-6));
}

TEST(ClipTest, AMaximumOfZeroMeansNoClipping) { EXPECT_EQ(ClipFactor(1e9, 0), 1); }

TEST(ClipDeathTest, ANanNormIsRefused) { EXPECT_DEATH(ClipFactor(std::nan(""), 1), "isfinite"); }

// The order of additions is the same for every width of vectors.
TEST(ClipTest, SquaresAreAddedInSixteenRunningSums) {
  for (const std::size_t size : {1u, 15u, 16u, 17u, 1003u, 4096u}) {
    std::vector<float> values(size);
    double sums[16] = {};
    for (std::size_t i = 0; i < size; ++i) {
      values[i] = 1.0f / static_cast<float>(3 * i + 7);
      sums[i % 16] += double{values[i]} * values[i];
    }
    double expected = 0;
    for (const double sum : sums) expected += sum;

    double found = 0;
    SumSquaresOfBlocks(values, std::span(&found, 1));

    EXPECT_EQ(found, expected) << size;
  }
}

}  // namespace
}  // namespace descent
