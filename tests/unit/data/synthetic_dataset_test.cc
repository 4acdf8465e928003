#include "worker/data/synthetic_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/data/dataset_rows.h"

namespace descent {
namespace {

using testing::ElementsAre;

SyntheticDataset Make(const SyntheticSpec& spec, std::int64_t samples = 6) {
  return SyntheticDataset({.spec = spec, .first_sample = 0, .samples = samples});
}

TEST(SyntheticDatasetTest, WithoutNoiseABlobIsItsCentre) {
  const SyntheticDataset blobs = Make({.features = 3, .classes = 2, .noise = 0});

  const std::vector<float> x = FeaturesOf(blobs);

  EXPECT_THAT(LabelsOf(blobs), ElementsAre(0, 1, 0, 1, 0, 1));
  EXPECT_EQ(std::vector<float>(x.begin(), x.begin() + 6),
            std::vector<float>(x.begin() + 6, x.begin() + 12));
  EXPECT_NE(x[0], x[3]);
}

// Three samples of one feature and no noise lie on one line.
TEST(SyntheticDatasetTest, WithoutNoiseLinearTargetsLieOnALine) {
  const SyntheticDataset linear =
      Make({.kind = SyntheticKind::kLinear, .features = 1, .noise = 0}, 3);

  const std::vector<float> x = FeaturesOf(linear);
  const std::vector<float> y = TargetsOf(linear);

  // Each product has a rounding of f32, 6e-8 of numbers around 1.
  EXPECT_NEAR((y[1] - y[0]) * (x[2] - x[0]), (y[2] - y[0]) * (x[1] - x[0]), 1e-6);
}

TEST(SyntheticDatasetTest, SpiralsStayWithinTheUnitCircle) {
  const SyntheticDataset spirals =
      Make({.kind = SyntheticKind::kSpirals, .classes = 3, .noise = 0}, 100);

  const std::vector<float> x = FeaturesOf(spirals);

  for (std::size_t i = 0; i < x.size(); i += 2) EXPECT_LT(std::hypot(x[i], x[i + 1]), 1.0f);
  EXPECT_EQ(spirals.format().class_count, 3);
}

TEST(SyntheticDatasetTest, NoiseHasItsStandardDeviation) {
  const SyntheticDataset blobs = Make({.features = 1, .classes = 1, .noise = 2}, 10'000);

  const std::vector<float> x = FeaturesOf(blobs);
  double sum = 0;
  double squares = 0;
  for (const float value : x) {
    sum += value;
    squares += double{value} * value;
  }
  const double mean = sum / 1e4;

  // The deviation of 10,000 draws is known to 2 / sqrt(2e4) = 0.014; four times that.
  EXPECT_NEAR(std::sqrt(squares / 1e4 - mean * mean), 2.0, 0.06);
}

TEST(SyntheticDatasetTest, ASampleIsAFunctionOfSeedAndNumberAlone) {
  const SyntheticSpec spec = {.features = 2, .classes = 2};
  const std::vector<float> all = FeaturesOf(Make(spec));

  const SyntheticDataset later({.spec = spec, .first_sample = 4, .samples = 2});

  EXPECT_EQ(FeaturesOf(later), std::vector<float>(all.begin() + 8, all.end()));
}

TEST(SyntheticDatasetTest, AnotherSeedGivesOtherSamples) {
  EXPECT_NE(FeaturesOf(Make({.seed = 1})), FeaturesOf(Make({.seed = 2})));
  EXPECT_NE(Make({.seed = 1}).Fingerprint(), Make({.seed = 2}).Fingerprint());
}

TEST(SyntheticDatasetTest, ThereIsNoFileToRead) {
  JobSpec spec;
  spec.data.train = {.path = "/x.csv", .format = DataFormat::kSynthetic};

  EXPECT_EQ(LoadSynthetic(spec).status().code(), Code::kInvalidArgument);
}

TEST(SyntheticDatasetTest, SplitsFollowOneAnother) {
  JobSpec spec;
  spec.data.train = {.format = DataFormat::kSynthetic, .samples = 4};
  spec.data.validation = DatasetSpec{.format = DataFormat::kSynthetic, .samples = 2};

  const Datasets datasets = LoadSynthetic(spec).value();

  const std::vector<float> all = FeaturesOf(Make({}));
  EXPECT_EQ(FeaturesOf(*datasets.train), std::vector<float>(all.begin(), all.begin() + 8));
  EXPECT_EQ(FeaturesOf(*datasets.validation), std::vector<float>(all.begin() + 8, all.end()));
}

}  // namespace
}  // namespace descent
