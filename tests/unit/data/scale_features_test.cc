#include "worker/data/scale_features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/data/dataset_rows.h"
#include "worker/data/array_dataset.h"
#include "worker/data/scaled_dataset.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Rows of two features and a target that nobody looks at.
std::unique_ptr<const Dataset> Rows(std::vector<float> features) {
  const std::int64_t count = std::ssize(features) / 2;
  return std::make_unique<ArrayDataset>(ArrayDataset::Options{
      .features = Array({count, 2}, std::move(features)),
      .targets = Array({count}, std::vector<float>(static_cast<std::size_t>(count)))});
}

Datasets Scale(const NormalizeSpec& normalize, std::vector<float> train,
               std::vector<float> validation) {
  DataSpec spec;
  spec.normalize = normalize;
  Datasets datasets;
  datasets.train = Rows(std::move(train));
  datasets.validation = Rows(std::move(validation));
  datasets.normalize = normalize;
  const Status status = ScaleFeatures(spec, datasets);
  EXPECT_TRUE(status.ok()) << status.message();
  return datasets;
}

TEST(ScaleFeaturesTest, DeclaredNumbersAreForAllFeaturesOrForEach) {
  EXPECT_THAT(FeaturesOf(*Scale({.mean = {1}, .std = {2}}, {1, 3, 5, 7}, {1, 1}).train),
              ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(FeaturesOf(*Scale({.mean = {1, 3}, .std = {2, 4}}, {1, 3, 5, 7}, {1, 1}).train),
              ElementsAre(0, 0, 2, 1));
}

TEST(ScaleFeaturesTest, NumbersOfTheTrainingSetScaleAllSplits) {
  const Datasets datasets =
      Scale({.from = NormalizeFrom::kTrainingSet}, {1, 10, 3, 30}, {2, 20, 4, 0});

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(-1, -1, 1, 1));
  EXPECT_THAT(FeaturesOf(*datasets.validation), ElementsAre(0, 0, 2, -2));
  EXPECT_THAT(datasets.normalize.mean, ElementsAre(2, 20));
}

TEST(ScaleFeaturesTest, AFeatureThatIsConstantIsOnlyMoved) {
  EXPECT_THAT(FeaturesOf(*Scale({.from = NormalizeFrom::kTrainingSet}, {5, 1, 5, 3}, {7, 2}).train),
              ElementsAre(0, -1, 0, 1));
}

TEST(ScaleFeaturesTest, NumbersThatSuitNothingAreRefused) {
  DataSpec spec;
  spec.normalize.mean = {1, 2, 3};
  Datasets datasets;
  datasets.train = Rows({1, 2});
  datasets.normalize = spec.normalize;

  EXPECT_THAT(ScaleFeatures(spec, datasets).message(),
              HasSubstr("data.normalize.mean: 3 numbers, must be 1 or 2, one for each feature"));
}

TEST(MeasureFeaturesTest, WhatIsMissingDoesNotCount) {
  const auto measured = MeasureFeatures(*Rows({1, 1, NAN, 3, 3, 5}));

  EXPECT_THAT(measured.value().mean, ElementsAre(2, 3));
  EXPECT_THAT(measured.value().std, ElementsAre(1, std::sqrt(8.0 / 3)));
}

TEST(MeasureFeaturesTest, AFeatureThatIsNeverThereIsRefused) {
  EXPECT_THAT(MeasureFeatures(*Rows({1, NAN, 2, NAN})).status().message(),
              HasSubstr("feature 1 of the training set is missing in every sample"));
}

TEST(MeasureFeaturesTest, AValueThatIsNotFiniteIsRefused) {
  EXPECT_THAT(MeasureFeatures(*Rows({INFINITY, 1})).status().message(),
              HasSubstr("feature 0 of the training set has a value that is not finite"));
}

// More samples than are read at once, the last few of them alone.
TEST(MeasureFeaturesTest, AllSamplesCount) {
  std::vector<float> features;
  for (int i = 0; i < 600; ++i) features.insert(features.end(), {static_cast<float>(i), 1});

  EXPECT_EQ(MeasureFeatures(*Rows(features)).value().mean[0], 299.5);
}

}  // namespace
}  // namespace descent
