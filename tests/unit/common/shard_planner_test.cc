#include "common/shard_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

using testing::Each;
using testing::ElementsAre;

ShardPlan PlanOf(std::int64_t sample_count, std::int64_t global_batch, EpochTail tail) {
  return {.sample_count = sample_count,
          .global_batch = global_batch,
          .logical_workers = 4,
          .seed = 42,
          .tail = tail};
}

// What the ranks of a world read at one step, rank after rank.
std::vector<std::int64_t> SamplesOfStep(const ShardPlanner& planner, std::int64_t step,
                                        int world_size) {
  std::vector<std::int64_t> samples;
  for (int rank = 0; rank < world_size; ++rank) {
    const IndexRange workers = LogicalWorkersOf(4, world_size, rank);
    for (std::int64_t worker = workers.first; worker < workers.last; ++worker)
      for (const std::int64_t sample : planner.SamplesAt(step, planner.PositionsOf(step, worker)))
        samples.push_back(sample);
  }
  return samples;
}

std::vector<int> ReadsOfEpoch(const ShardPlanner& planner, std::int64_t epoch,
                              std::int64_t sample_count) {
  std::vector<int> reads(static_cast<std::size_t>(sample_count));
  const std::int64_t first = epoch * planner.steps_per_epoch();
  for (std::int64_t step = first; step < first + planner.steps_per_epoch(); ++step)
    for (const std::int64_t sample : SamplesOfStep(planner, step, 3))
      ++reads[static_cast<std::size_t>(sample)];
  return reads;
}

TEST(PartOfTest, SizesDifferByAtMostOne) {
  EXPECT_EQ(PartOf(10, 4, 0), (IndexRange{0, 3}));
  EXPECT_EQ(PartOf(10, 4, 1), (IndexRange{3, 6}));
  EXPECT_EQ(PartOf(10, 4, 2), (IndexRange{6, 8}));
  EXPECT_EQ(PartOf(10, 4, 3), (IndexRange{8, 10}));
}

TEST(PartOfTest, PartsBeyondTheCountAreEmpty) {
  EXPECT_EQ(PartOf(2, 4, 1).size(), 1);
  EXPECT_EQ(PartOf(2, 4, 2).size(), 0);
  EXPECT_EQ(PartOf(2, 4, 3).size(), 0);
}

TEST(PartOfTest, HugeCountsDoNotOverflow) {
  const std::int64_t count = std::int64_t{1} << 62;

  EXPECT_EQ(PartOf(count, 4096, 4095).last, count);
}

TEST(LogicalWorkersOfTest, RanksShareAllLogicalWorkersInOrder) {
  EXPECT_EQ(LogicalWorkersOf(8, 3, 0), (IndexRange{0, 3}));
  EXPECT_EQ(LogicalWorkersOf(8, 3, 1), (IndexRange{3, 6}));
  EXPECT_EQ(LogicalWorkersOf(8, 3, 2), (IndexRange{6, 8}));
}

TEST(ShardPlannerTest, ADroppedTailIsNoStep) {
  const ShardPlanner planner(PlanOf(10, 4, EpochTail::kDrop));

  EXPECT_EQ(planner.steps_per_epoch(), 2);
}

TEST(ShardPlannerTest, AKeptTailIsAShortStep) {
  const ShardPlanner planner(PlanOf(10, 4, EpochTail::kKeep));

  EXPECT_EQ(planner.steps_per_epoch(), 3);
  EXPECT_EQ(planner.StepSize(1), 4);
  EXPECT_EQ(planner.StepSize(2), 2);
  EXPECT_EQ(planner.StepSize(3), 4);
}

TEST(ShardPlannerTest, AKeptTailMayBeTheWholeEpoch) {
  const ShardPlanner planner(PlanOf(3, 8, EpochTail::kKeep));

  EXPECT_EQ(planner.steps_per_epoch(), 1);
  EXPECT_EQ(planner.StepSize(5), 3);
  EXPECT_EQ(planner.EpochOf(5), 5);
}

TEST(ShardPlannerTest, AShortStepLeavesLogicalWorkersWithoutSamples) {
  const ShardPlanner planner(PlanOf(10, 4, EpochTail::kKeep));

  EXPECT_EQ(planner.PositionsOf(2, 1).size(), 1);
  EXPECT_EQ(planner.PositionsOf(2, 2).size(), 0);
  EXPECT_EQ(planner.PositionsOf(2, 3).size(), 0);
}

TEST(ShardPlannerTest, AnEpochWithItsTailReadsEverySampleOnce) {
  const ShardPlanner planner(PlanOf(1003, 64, EpochTail::kKeep));

  EXPECT_THAT(ReadsOfEpoch(planner, 0, 1003), Each(1));
  EXPECT_THAT(ReadsOfEpoch(planner, 5, 1003), Each(1));
}

TEST(ShardPlannerTest, AnEpochWithoutItsTailReadsNoSampleTwice) {
  const ShardPlanner planner(PlanOf(1003, 64, EpochTail::kDrop));

  EXPECT_THAT(ReadsOfEpoch(planner, 1, 1003), Each(testing::Le(1)));
}

TEST(ShardPlannerTest, ChangingTheWorldSizeDoesNotChangeWhichSamplesAStepReads) {
  const ShardPlanner planner(PlanOf(1003, 61, EpochTail::kKeep));

  for (const std::int64_t step : {0, 1, 16, 17, 40}) {
    const std::vector<std::int64_t> alone = SamplesOfStep(planner, step, 1);
    EXPECT_EQ(SamplesOfStep(planner, step, 2), alone);
    EXPECT_EQ(SamplesOfStep(planner, step, 3), alone);
    EXPECT_EQ(SamplesOfStep(planner, step, 4), alone);
  }
}

TEST(ShardPlannerTest, EpochsAreReadInDifferentOrders) {
  const ShardPlanner planner(PlanOf(128, 64, EpochTail::kDrop));

  EXPECT_NE(SamplesOfStep(planner, 0, 1), SamplesOfStep(planner, 2, 1));
}

TEST(ShardPlannerTest, StepsFollowTheSampleOrderOfTheirEpoch) {
  const ShardPlanner planner(PlanOf(10, 4, EpochTail::kKeep));
  const SampleOrder second_epoch(42, 1, 10);

  EXPECT_THAT(planner.SamplesAt(4, {1, 3}),
              ElementsAre(second_epoch.At(4 + 1), second_epoch.At(4 + 2)));
}

TEST(ShardPlannerDeathTest, PositionsOutsideTheStepAreABug) {
  const ShardPlanner planner(PlanOf(10, 4, EpochTail::kKeep));

  EXPECT_DEATH(planner.SamplesAt(2, {0, 3}), "check failed");
}

}  // namespace
}  // namespace descent
