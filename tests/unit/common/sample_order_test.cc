#include "common/sample_order.h"

#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

std::vector<std::int64_t> AllOf(const SampleOrder& order, std::int64_t count) {
  std::vector<std::int64_t> samples;
  for (std::int64_t i = 0; i < count; ++i) samples.push_back(order.At(i));
  return samples;
}

class SampleOrderOverTest : public testing::TestWithParam<std::int64_t> {};

TEST_P(SampleOrderOverTest, ReadsEverySampleOnce) {
  const std::int64_t count = GetParam();
  const SampleOrder order(42, 3, count);
  std::vector<int> reads(static_cast<std::size_t>(count));

  for (const std::int64_t sample : AllOf(order, count)) {
    ASSERT_GE(sample, 0);
    ASSERT_LT(sample, count);
    ++reads[static_cast<std::size_t>(sample)];
  }

  EXPECT_EQ(reads, std::vector<int>(static_cast<std::size_t>(count), 1));
}

INSTANTIATE_TEST_SUITE_P(Counts, SampleOrderOverTest,
                         testing::Values(1, 2, 3, 4, 5, 15, 16, 17, 64, 65, 1000, 4095, 4096, 4097,
                                         60000));

TEST(SampleOrderTest, DiffersByEpoch) {
  EXPECT_NE(AllOf(SampleOrder(42, 0, 1000), 1000), AllOf(SampleOrder(42, 1, 1000), 1000));
}

TEST(SampleOrderTest, DiffersBySeed) {
  EXPECT_NE(AllOf(SampleOrder(42, 0, 1000), 1000), AllOf(SampleOrder(43, 0, 1000), 1000));
}

TEST(SampleOrderTest, IsTheSameEachTime) {
  EXPECT_EQ(AllOf(SampleOrder(42, 5, 1000), 1000), AllOf(SampleOrder(42, 5, 1000), 1000));
}

TEST(SampleOrderTest, TheLargestCountIsServed) {
  const std::int64_t count = std::int64_t{1} << 62;
  const SampleOrder order(1, 0, count);

  EXPECT_NE(order.At(0), order.At(count - 1));
}

// Of 10,000 samples in random order one in 10,000 keeps its place: 1 on average, and more than 9
// has probability 1e-7.
TEST(SampleOrderTest, LeavesFewSamplesInPlace) {
  const SampleOrder order(42, 0, 10'000);
  int in_place = 0;

  for (std::int64_t i = 0; i < 10'000; ++i) in_place += order.At(i) == i ? 1 : 0;

  EXPECT_LE(in_place, 9);
}

// The chi-square statistic of 16 x 16 cells (position, sample) with 225 degrees of freedom has
// mean 225 and standard deviation 21: 5 of them.
TEST(SampleOrderTest, SpreadsEachPartOfTheDatasetOverTheEpoch) {
  const std::int64_t count = 60'000;
  const SampleOrder order(42, 0, count);
  std::vector<double> cells(256);
  for (std::int64_t i = 0; i < count; ++i)
    ++cells[static_cast<std::size_t>(i * 16 / count * 16 + order.At(i) * 16 / count)];

  const double expected = static_cast<double>(count) / 256;
  double statistic = 0;
  for (const double cell : cells) statistic += (cell - expected) * (cell - expected) / expected;

  EXPECT_LT(statistic, 225 + 5 * 21);
}

}  // namespace
}  // namespace descent
