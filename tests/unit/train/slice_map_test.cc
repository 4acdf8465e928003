#include "worker/train/slice_map.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace descent {
namespace {

ParameterLayout LayoutOf(std::vector<IndexRange> buckets) {
  ParameterLayout layout;
  layout.element_count = buckets.back().last;
  layout.buckets = std::move(buckets);
  return layout;
}

TEST(SliceMapTest, SlicesTileEveryBucketInRankOrder) {
  const SliceMap slices(LayoutOf({{0, 16}, {16, 30000}, {30000, 30016}}), 3);

  std::int64_t covered = 0;
  for (int bucket = 0; bucket < slices.bucket_count(); ++bucket)
    for (int rank = 0; rank < 3; ++rank) {
      EXPECT_EQ(slices.SliceOf(bucket, rank).first, covered);
      covered = slices.SliceOf(bucket, rank).last;
    }
  EXPECT_EQ(covered, 30016);
}

TEST(SliceMapTest, BlocksOfARankAreNumberedBucketByBucket) {
  const SliceMap slices(LayoutOf({{0, 20000}, {20000, 30000}}), 2);

  for (int rank = 0; rank < 2; ++rank) {
    EXPECT_EQ(slices.BlocksOf(0, rank).first, 0);
    EXPECT_EQ(slices.BlocksOf(1, rank).first, slices.BlocksOf(0, rank).last);
    EXPECT_EQ(slices.BlocksOf(1, rank).last, slices.BlockCountOf(rank));
  }
  EXPECT_EQ(slices.BlockCountOf(0) + slices.BlockCountOf(1), 5 + 3);
  EXPECT_EQ(slices.BlockCountMax(), std::max(slices.BlockCountOf(0), slices.BlockCountOf(1)));
}

}  // namespace
}  // namespace descent
