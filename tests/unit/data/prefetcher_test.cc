#include "worker/data/prefetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "common/limits.h"

namespace descent {
namespace {

// Sample i has the features {i, -i}, the tokens {i, i, i} and the label i % 10.
class CountedDataset final : public Dataset {
 public:
  explicit CountedDataset(std::int64_t sample_count) : sample_count_(sample_count) {}

  std::int64_t sample_count() const override { return sample_count_; }
  SampleFormat format() const override {
    return {.feature_count = 2, .token_count = 3, .label_count = 1, .class_count = 10};
  }
  Digest Fingerprint() const override { return Digest(); }
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override {
    for (std::size_t row = 0; row < samples.size(); ++row) {
      features[2 * row] = static_cast<float>(samples[row]);
      features[2 * row + 1] = -static_cast<float>(samples[row]);
      std::fill_n(tokens.begin() + static_cast<std::ptrdiff_t>(3 * row), 3,
                  static_cast<std::int32_t>(samples[row]));
      labels[row] = static_cast<std::int32_t>(samples[row] % 10);
    }
  }

 private:
  const std::int64_t sample_count_;
};

BatchSequence PrefetchedSequenceOf(IndexRange logical_workers) {
  return {.plan = {.sample_count = 103,
                   .global_batch = 16,
                   .logical_workers = 4,
                   .seed = 42,
                   .tail = EpochTail::kKeep},
          .logical_workers = logical_workers,
          .micro_size = 3};
}

std::vector<std::int64_t> SamplesOf(const Batch& batch) {
  std::vector<std::int64_t> samples;
  for (std::size_t row = 0; row < batch.labels.size(); ++row)
    samples.push_back(static_cast<std::int64_t>(batch.features[2 * row]));
  return samples;
}

// What the prefetcher hands out for one step.
std::vector<std::int64_t> SamplesOfStep(Prefetcher& prefetcher, std::int64_t step) {
  std::vector<std::int64_t> samples;
  while (const Batch* batch = prefetcher.NextOfStep(step))
    for (const std::int64_t sample : SamplesOf(*batch)) samples.push_back(sample);
  return samples;
}

TEST(PrefetcherTest, HandsOutWhatThePlannerSaysInItsOrder) {
  const CountedDataset dataset(103);
  const BatchSequence sequence = PrefetchedSequenceOf({1, 3});
  const ShardPlanner planner(sequence.plan);
  Prefetcher prefetcher(dataset, sequence);

  for (std::int64_t step = 0; step < 50; ++step) {
    std::vector<std::int64_t> expected;
    for (const std::int64_t worker : {1, 2})
      for (const std::int64_t sample : planner.SamplesAt(step, planner.PositionsOf(step, worker)))
        expected.push_back(sample);
    EXPECT_EQ(SamplesOfStep(prefetcher, step), expected) << "step " << step;
  }
}

TEST(PrefetcherTest, FeaturesAndTokensBelongToTheirLabels) {
  const CountedDataset dataset(103);
  Prefetcher prefetcher(dataset, PrefetchedSequenceOf({0, 4}));

  const Batch* batch = prefetcher.NextOfStep(0);

  ASSERT_NE(batch, nullptr);
  ASSERT_EQ(batch->labels.size(), 3u);
  ASSERT_EQ(batch->features.size(), 6u);
  ASSERT_EQ(batch->tokens.size(), 9u);
  for (std::size_t row = 0; row < 3; ++row) {
    const auto sample = static_cast<std::int32_t>(batch->features[2 * row]);
    EXPECT_EQ(batch->labels[row], sample % 10);
    EXPECT_EQ(batch->tokens[3 * row + 2], sample);
  }
}

TEST(PrefetcherTest, BeginsAtTheFirstStepOfTheSequence) {
  const CountedDataset dataset(103);
  BatchSequence sequence = PrefetchedSequenceOf({0, 4});
  sequence.first_step = 120;
  Prefetcher resumed(dataset, sequence);
  const ShardPlanner planner(sequence.plan);

  EXPECT_EQ(SamplesOfStep(resumed, 120), planner.SamplesAt(120, {0, planner.StepSize(120)}));
}

// 98 samples in batches of 16 leave a tail of 2, which logical workers 0 and 1 share.
TEST(PrefetcherTest, AStepWithoutSamplesHasNoBatch) {
  const CountedDataset dataset(98);
  BatchSequence sequence = PrefetchedSequenceOf({2, 4});
  sequence.plan.sample_count = 98;
  sequence.first_step = 6;
  Prefetcher prefetcher(dataset, sequence);

  EXPECT_EQ(prefetcher.NextOfStep(6), nullptr);

  EXPECT_NE(prefetcher.NextOfStep(7), nullptr);
}

TEST(PrefetcherTest, EndsAfterTheLastStep) {
  const CountedDataset dataset(103);
  BatchSequence sequence = PrefetchedSequenceOf({0, 4});
  sequence.last_step = 1;
  Prefetcher prefetcher(dataset, sequence);

  EXPECT_EQ(SamplesOfStep(prefetcher, 0).size(), 16u);

  EXPECT_EQ(prefetcher.NextOfStep(1), nullptr);
}

TEST(PrefetcherTest, BuffersAreUsedAgain) {
  const CountedDataset dataset(103);
  Prefetcher prefetcher(dataset, PrefetchedSequenceOf({0, 4}));
  std::set<const float*> buffers;

  for (std::int64_t step = 0; step < 20; ++step)
    while (const Batch* batch = prefetcher.NextOfStep(step)) buffers.insert(batch->features.data());

  EXPECT_EQ(buffers.size(), limits::kPrefetchBatches + 1);
}

TEST(PrefetcherTest, StopsWhereverTheConsumerIs) {
  const CountedDataset dataset(103);
  for (int batches = 0; batches < 20; ++batches) {
    Prefetcher prefetcher(dataset, PrefetchedSequenceOf({0, 4}));
    for (int i = 0; i < batches; ++i)
      if (prefetcher.NextOfStep(0) == nullptr) break;
  }
}

TEST(PrefetcherDeathTest, SkippingAStepIsABug) {
  const CountedDataset dataset(103);
  const auto skip_a_step = [&] {
    Prefetcher prefetcher(dataset, PrefetchedSequenceOf({0, 4}));
    prefetcher.NextOfStep(1);
  };

  EXPECT_DEATH(skip_a_step(), "check failed");
}

}  // namespace
}  // namespace descent
