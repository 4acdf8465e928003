#include "worker/data/take_out_splits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/unit/data/dataset_rows.h"
#include "worker/data/array_dataset.h"
#include "worker/data/subset_dataset.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Sample i has the feature i and the target 2 i.
std::unique_ptr<const Dataset> CountingRows(std::int64_t samples) {
  std::vector<float> x(static_cast<std::size_t>(samples));
  std::iota(x.begin(), x.end(), 0.0f);
  std::vector<float> y = x;
  for (float& value : y) value *= 2;
  return std::make_unique<ArrayDataset>(ArrayDataset::Options{
      .features = Array({samples}, std::move(x)), .targets = Array({samples}, std::move(y))});
}

JobSpec SpecOf(double validation, double test, std::uint64_t seed = 0) {
  JobSpec spec;
  spec.seed = seed;
  if (validation != 0) spec.data.validation = DatasetSpec{.train_fraction = validation};
  if (test != 0) spec.data.test = DatasetSpec{.train_fraction = test};
  return spec;
}

Datasets TakeOut(const JobSpec& spec, std::int64_t samples) {
  Datasets datasets;
  datasets.train = CountingRows(samples);
  const Status status = TakeOutSplits(spec, datasets);
  EXPECT_TRUE(status.ok()) << status.message();
  return datasets;
}

class TakeOutSplitsOfTest : public testing::TestWithParam<std::tuple<int, double, double>> {};

TEST_P(TakeOutSplitsOfTest, EverySampleIsInExactlyOneSplit) {
  const auto [samples, validation, test] = GetParam();

  const Datasets datasets = TakeOut(SpecOf(validation, test), samples);

  std::vector<float> all;
  for (const auto* split : {&datasets.train, &datasets.validation, &datasets.test}) {
    if (!*split) continue;
    const std::vector<float> features = FeaturesOf(**split);
    EXPECT_TRUE(std::ranges::is_sorted(features));
    all.insert(all.end(), features.begin(), features.end());
  }
  std::ranges::sort(all);
  EXPECT_EQ(all, FeaturesOf(*CountingRows(samples)));
  EXPECT_EQ(datasets.validation->sample_count(), std::llround(validation * samples));
}

INSTANTIATE_TEST_SUITE_P(Sizes, TakeOutSplitsOfTest,
                         testing::Values(std::tuple(2, 0.5, 0.0), std::tuple(10, 0.1, 0.0),
                                         std::tuple(10, 0.1, 0.1), std::tuple(1000, 0.3, 0.6),
                                         std::tuple(997, 0.999, 0.0)));

TEST(TakeOutSplitsTest, TargetsGoWithTheirSamples) {
  const Datasets datasets = TakeOut(SpecOf(0.2, 0), 10);

  std::vector<float> doubled = FeaturesOf(*datasets.train);
  for (float& value : doubled) value *= 2;
  EXPECT_EQ(TargetsOf(*datasets.train), doubled);
}

TEST(TakeOutSplitsTest, TheSeedDecidesAndNothingElse) {
  const auto validation_of = [](std::uint64_t seed) {
    return FeaturesOf(*TakeOut(SpecOf(0.1, 0, seed), 100).validation);
  };

  EXPECT_EQ(validation_of(7), validation_of(7));
  EXPECT_NE(validation_of(7), validation_of(8));
}

TEST(TakeOutSplitsTest, ATestSplitLeavesValidationAsItWas) {
  EXPECT_EQ(FeaturesOf(*TakeOut(SpecOf(0.1, 0), 100).validation),
            FeaturesOf(*TakeOut(SpecOf(0.1, 0.2), 100).validation));
}

TEST(TakeOutSplitsTest, AnEmptySplitIsRefused) {
  Datasets datasets;
  datasets.train = CountingRows(4);

  EXPECT_THAT(TakeOutSplits(SpecOf(0.1, 0), datasets).message(),
              HasSubstr("data.validation.train_fraction: 0.1 of 4 training samples is none"));
}

TEST(TakeOutSplitsTest, ATrainingSetOfNothingIsRefused) {
  Datasets datasets;
  datasets.train = CountingRows(2);

  EXPECT_THAT(TakeOutSplits(SpecOf(0.5, 0.5), datasets).message(),
              HasSubstr("2 samples, 2 of which are taken out, must leave at least one"));
}

TEST(SubsetDatasetTest, TheOthersAreThoseThatAreNotNamed) {
  const SubsetDataset others(CountingRows(7), {0, 1, 4, 6}, SubsetDataset::Part::kOthers);

  EXPECT_THAT(FeaturesOf(others), ElementsAre(2, 3, 5));
}

TEST(SubsetDatasetTest, OtherNamesGiveAnotherFingerprint) {
  using Part = SubsetDataset::Part;
  const Digest one = SubsetDataset(CountingRows(3), {0}, Part::kNamed).Fingerprint();

  EXPECT_NE(SubsetDataset(CountingRows(3), {1}, Part::kNamed).Fingerprint(), one);
  EXPECT_NE(SubsetDataset(CountingRows(3), {0}, Part::kOthers).Fingerprint(), one);
}

TEST(SubsetDatasetTest, NamesThatDoNotAscendAreABug) {
  EXPECT_DEATH(SubsetDataset(CountingRows(3), {1, 1}, SubsetDataset::Part::kNamed), "");
}

}  // namespace
}  // namespace descent
