#include "worker/explain/step_model.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

double TenthOfASecondEach(std::int64_t elements) { return 0.1 * static_cast<double>(elements); }

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

}  // namespace
}  // namespace descent
