#include "worker/data/batch_cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

using testing::ElementsAre;

// 10 samples in batches of 8: logical workers have 2 samples each, and of the kept tail of 2 the
// first two have 1 each.
BatchSequence SequenceOf(IndexRange logical_workers, std::int64_t micro_size) {
  return {.plan = {.sample_count = 10,
                   .global_batch = 8,
                   .logical_workers = 4,
                   .seed = 42,
                   .tail = EpochTail::kKeep},
          .logical_workers = logical_workers,
          .micro_size = micro_size,
          .last_step = 2};
}

std::vector<BatchPlace> PlacesOf(const BatchSequence& sequence) {
  std::vector<BatchPlace> places;
  for (BatchCursor cursor(sequence); cursor.place(); cursor.Advance())
    places.push_back(*cursor.place());
  return places;
}

TEST(BatchCursorTest, CutsPartsIntoMicroBatches) {
  BatchSequence sequence = SequenceOf({1, 2}, 1);
  sequence.last_step = 1;

  EXPECT_THAT(PlacesOf(sequence), ElementsAre(BatchPlace{0, 1, 0, {2, 3}, true, false},
                                              BatchPlace{0, 1, 1, {3, 4}, false, true}));
}

TEST(BatchCursorTest, GoesStepByStepThroughItsLogicalWorkers) {
  EXPECT_THAT(
      PlacesOf(SequenceOf({0, 2}, 2)),
      ElementsAre(BatchPlace{0, 0, 0, {0, 2}, true, true}, BatchPlace{0, 1, 0, {2, 4}, true, true},
                  BatchPlace{1, 0, 0, {0, 1}, true, true},
                  BatchPlace{1, 1, 0, {1, 2}, true, true}));
}

TEST(BatchCursorTest, EmptyPartsHaveNoBatch) {
  EXPECT_THAT(PlacesOf(SequenceOf({2, 4}, 2)),
              ElementsAre(BatchPlace{0, 2, 0, {4, 6}, true, true},
                          BatchPlace{0, 3, 0, {6, 8}, true, true}));
}

TEST(BatchCursorTest, WithoutAnEndItFindsTheNextEpoch) {
  BatchSequence sequence = SequenceOf({2, 4}, 2);
  sequence.first_step = 1;
  sequence.last_step = std::nullopt;

  const BatchCursor cursor(sequence);

  ASSERT_TRUE(cursor.place().has_value());
  EXPECT_EQ(cursor.place()->step, 2);
}

TEST(BatchCursorTest, LogicalWorkersThatNeverHaveSamplesHaveNoBatches) {
  BatchSequence sequence = SequenceOf({2, 4}, 2);
  sequence.plan.global_batch = 2;
  sequence.last_step = std::nullopt;

  EXPECT_FALSE(BatchCursor(sequence).place().has_value());
  EXPECT_EQ(BatchCursor(sequence).LargestBatch(), 0);
}

TEST(BatchCursorTest, TheLargestBatchIsAPartOrAMicroBatch) {
  EXPECT_EQ(BatchCursor(SequenceOf({0, 4}, 1)).LargestBatch(), 1);
  EXPECT_EQ(BatchCursor(SequenceOf({0, 4}, 100)).LargestBatch(), 2);
}

}  // namespace
}  // namespace descent
