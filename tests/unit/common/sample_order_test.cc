#include "common/sample_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>
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

class BlockOrderOverTest : public testing::TestWithParam<std::tuple<std::int64_t, std::int64_t>> {};

TEST_P(BlockOrderOverTest, ReadsEverySampleOnce) {
  const auto [count, block] = GetParam();
  for (const std::int64_t epoch : {0, 1, 2, 3}) {
    const SampleOrder order(42, epoch, count, {.mode = Shuffle::kBlock, .block = block});
    std::vector<std::int64_t> samples = AllOf(order, count);

    std::ranges::sort(samples);

    for (std::int64_t i = 0; i < count; ++i) ASSERT_EQ(samples[static_cast<std::size_t>(i)], i);
  }
}

// Neighbours in the order are neighbours in the dataset: each block is read in one go.
TEST_P(BlockOrderOverTest, ReadsOneBlockAfterTheOther) {
  const auto [count, block] = GetParam();
  const SampleOrder order(42, 1, count, {.mode = Shuffle::kBlock, .block = block});
  std::vector<std::int64_t> blocks;
  for (const std::int64_t sample : AllOf(order, count))
    if (blocks.empty() || blocks.back() != sample / block) blocks.push_back(sample / block);

  EXPECT_EQ(std::ssize(blocks), (count + block - 1) / block);
}

INSTANTIATE_TEST_SUITE_P(Counts, BlockOrderOverTest,
                         testing::Combine(testing::Values(1, 2, 7, 64, 65, 1000, 4097),
                                          testing::Values(1, 2, 16, 100, 5000)));

TEST(BlockOrderTest, ShufflesBlocksAndWithinThem) {
  const SampleOrder order(42, 0, 1000, {.mode = Shuffle::kBlock, .block = 100});
  const std::vector<std::int64_t> samples = AllOf(order, 1000);

  EXPECT_FALSE(std::ranges::is_sorted(samples.begin(), samples.begin() + 100));
  std::vector<std::int64_t> blocks;
  for (std::size_t i = 0; i < 1000; i += 100) blocks.push_back(samples[i] / 100);
  EXPECT_FALSE(std::ranges::is_sorted(blocks));
}

TEST(BlockOrderTest, BlocksAreShuffledEachInItsOwnWay) {
  const SampleOrder order(42, 0, 200, {.mode = Shuffle::kBlock, .block = 100});
  std::vector<std::int64_t> offsets;
  for (const std::int64_t sample : AllOf(order, 200)) offsets.push_back(sample % 100);

  EXPECT_NE(std::vector<std::int64_t>(offsets.begin(), offsets.begin() + 100),
            std::vector<std::int64_t>(offsets.begin() + 100, offsets.end()));
}

TEST(BlockOrderTest, DiffersByEpochAndBySeed) {
  const ShuffleSpec shuffle = {.mode = Shuffle::kBlock, .block = 10};
  const auto first = AllOf(SampleOrder(42, 0, 1000, shuffle), 1000);

  EXPECT_NE(AllOf(SampleOrder(42, 1, 1000, shuffle), 1000), first);
  EXPECT_NE(AllOf(SampleOrder(43, 0, 1000, shuffle), 1000), first);
  EXPECT_EQ(AllOf(SampleOrder(42, 0, 1000, shuffle), 1000), first);
}

// The short block of 5 has as good a chance of each of the 11 places as any.
TEST(BlockOrderTest, TheShortBlockComesAtAnyPlace) {
  std::set<std::int64_t> places;
  for (std::int64_t epoch = 0; epoch < 200; ++epoch) {
    const SampleOrder order(42, epoch, 105, {.mode = Shuffle::kBlock, .block = 10});
    std::int64_t place = 0;
    while (order.At(place) < 100) ++place;
    places.insert(place / 10);
  }

  EXPECT_EQ(places.size(), 11u);
}

TEST(SampleOrderTest, WithoutShufflingSamplesComeAsTheyAreStored) {
  const SampleOrder order(42, 3, 1000, {.mode = Shuffle::kNone});

  EXPECT_TRUE(std::ranges::is_sorted(AllOf(order, 1000)));
}

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
