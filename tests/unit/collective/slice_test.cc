#include "worker/collective/slice.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace descent {
namespace {

TEST(SliceTest, SlicesTileTheBucketInRankOrder) {
  for (const std::int64_t size : {0, 1, 4095, 4096, 4097, 100000, 1 << 20})
    for (int world_size = 1; world_size <= 9; ++world_size) {
      std::int64_t covered = 0;
      for (int rank = 0; rank < world_size; ++rank) {
        const IndexRange slice = SliceOf(size, world_size, rank);
        EXPECT_EQ(slice.first, covered);
        EXPECT_LE(slice.first, slice.last);
        covered = slice.last;
      }
      EXPECT_EQ(covered, size);
    }
}

TEST(SliceTest, SlicesBeginAtWholeUnits) {
  for (int rank = 0; rank < 7; ++rank)
    EXPECT_EQ(SliceOf(1'000'000, 7, rank).first % kSliceUnitElements, 0);
}

TEST(SliceTest, SizesBeyondThirtyTwoBitsAreCut) {
  constexpr std::int64_t kSize = (std::int64_t{1} << 40) + 1;

  EXPECT_EQ(SliceOf(kSize, 2, 0).first, 0);
  EXPECT_EQ(SliceOf(kSize, 2, 0).last, SliceOf(kSize, 2, 1).first);
  EXPECT_EQ(SliceOf(kSize, 2, 1).last, kSize);
}

}  // namespace
}  // namespace descent
