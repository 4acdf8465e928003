#include "worker/explain/step_model.h"

#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

double TenthOfASecondEach(std::int64_t elements) { return 0.1 * static_cast<double>(elements); }

std::vector<std::int64_t> SizesOf(const StepModel& step) {
  std::vector<std::int64_t> sizes;
  for (const StepModel::Bucket& bucket : step.buckets) sizes.push_back(bucket.elements);
  return sizes;
}

// The first is reduced from 1 to 2, the second from 2 to 4, one second of it after the computation.
TEST(TimelineTest, WhatIsReducedBesideTheComputationCostsNothing) {
  const StepModel step{.buckets = {{10, 1}, {20, 2}}, .computed = 3, .update = 0.25};

  const StepTimeline timeline = TimelineOf(step, TenthOfASecondEach, /*exchange=*/0.5);

  EXPECT_DOUBLE_EQ(timeline.reducing, 3);
  EXPECT_DOUBLE_EQ(timeline.exposed, 1);
  EXPECT_DOUBLE_EQ(timeline.Total(), 3 + 1 + 0.5 + 0.25);
}

TEST(TimelineTest, ABucketWaitsForTheOneBeforeIt) {
  const StepModel step{.buckets = {{40, 1}, {10, 2}}, .computed = 2, .update = 0};

  EXPECT_DOUBLE_EQ(TimelineOf(step, TenthOfASecondEach, 0).Total(), 1 + 4 + 1);
}

TEST(TimelineTest, AShortReductionIsHiddenWhole) {
  const StepModel step{.buckets = {{10, 1}}, .computed = 5, .update = 0};

  EXPECT_DOUBLE_EQ(TimelineOf(step, TenthOfASecondEach, 0).exposed, 0);
}

TEST(RebucketedTest, JoinedBucketsAreReadyWithTheirLast) {
  const StepModel step{.buckets = {{10, 1}, {10, 2}, {10, 3}, {10, 4}}, .computed = 4};

  const StepModel joined = Rebucketed(step, 20);

  EXPECT_EQ(SizesOf(joined), (std::vector<std::int64_t>{20, 20}));
  EXPECT_EQ(joined.buckets[0].ready, 2);
  EXPECT_EQ(joined.buckets[1].ready, 4);
}

TEST(RebucketedTest, LongBucketsAreCutIntoEqualParts) {
  const StepModel step{.buckets = {{30, 1}, {10, 2}}, .computed = 2};

  EXPECT_EQ(SizesOf(Rebucketed(step, 20)), (std::vector<std::int64_t>{15, 15, 10}));
  EXPECT_EQ(SizesOf(Rebucketed(step, 5)), (std::vector<std::int64_t>{5, 5, 5, 5, 5, 5, 5, 5}));
}

TEST(RebucketedTest, WhatDoesNotFitBeginsABucketOfItsOwn) {
  const StepModel step{.buckets = {{15, 1}, {15, 2}, {2, 3}}, .computed = 3};

  EXPECT_EQ(SizesOf(Rebucketed(step, 20)), (std::vector<std::int64_t>{15, 17}));
}

}  // namespace
}  // namespace descent
