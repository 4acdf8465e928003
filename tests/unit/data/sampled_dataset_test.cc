#include "worker/data/sampled_dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

namespace descent {
namespace {

// The feature of sample i of 100 is i, its target -i.
class CountingDataset final : public Dataset {
 public:
  std::int64_t sample_count() const override { return 100; }
  SampleFormat format() const override {
    return {.feature_count = 1, .label_count = 0, .target_count = 1};
  }
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t>, std::span<std::int32_t>) const override {
    std::ranges::copy(samples, features.begin());
  }
  void CopyTargets(std::span<const std::int64_t> samples, std::span<float> targets) const override {
    std::ranges::transform(samples, targets.begin(), std::negate());
  }
  Digest Fingerprint() const override { return {.high = 1, .low = 2}; }
};

std::vector<float> FeaturesOf(const Dataset& dataset) {
  std::vector<std::int64_t> samples(static_cast<std::size_t>(dataset.sample_count()));
  std::iota(samples.begin(), samples.end(), 0);
  std::vector<float> features(samples.size());
  dataset.CopySamples(samples, features, {}, {});
  return features;
}

TEST(SampledDatasetTest, NoSampleIsDrawnTwice) {
  const CountingDataset whole;

  const std::vector<float> drawn = FeaturesOf(SampledDataset(whole, /*seed=*/5, 30));

  EXPECT_EQ(std::set(drawn.begin(), drawn.end()).size(), 30u);
  EXPECT_EQ(FeaturesOf(SampledDataset(whole, /*seed=*/5, 30)), drawn);
  EXPECT_NE(FeaturesOf(SampledDataset(whole, /*seed=*/6, 30)), drawn);
}

TEST(SampledDatasetTest, AllSamplesAreThoseOfTheWhole) {
  const CountingDataset whole;

  std::vector<float> drawn = FeaturesOf(SampledDataset(whole, /*seed=*/5, 100));

  std::ranges::sort(drawn);
  EXPECT_EQ(drawn, FeaturesOf(whole));
}

TEST(SampledDatasetTest, TargetsAreThoseOfTheSameSamples) {
  const CountingDataset whole;
  const SampledDataset sampled(whole, /*seed=*/5, 10);
  const std::vector<std::int64_t> samples = {3, 0, 9};
  std::vector<float> features(3);
  std::vector<float> targets(3);

  sampled.CopySamples(samples, features, {}, {});
  sampled.CopyTargets(samples, targets);

  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(targets[i], -features[i]);
}

TEST(SampledDatasetDeathTest, MoreSamplesThanThereAreAreRefused) {
  const CountingDataset whole;

  EXPECT_DEATH(SampledDataset(whole, /*seed=*/5, 101), "sample_count");
}

}  // namespace
}  // namespace descent
