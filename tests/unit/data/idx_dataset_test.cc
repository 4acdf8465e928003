#include "worker/data/idx_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"

namespace descent {
namespace {

using testing::ElementsAre;

class IdxDatasetTest : public testing::Test {
 protected:
  std::string prefix() const { return directory_.path() / "train"; }

  IdxDataset::Options OptionsOf(double mean = 0, double std = 1) const {
    return {.dataset = {.path = prefix()}, .normalize = {.mean = {mean}, .std = {std}}};
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(IdxDatasetTest, SizesComeFromTheFiles) {
  WriteIdxPair(prefix(), {0, 4, 2});

  const auto dataset = IdxDataset::Load(OptionsOf()).value();

  EXPECT_EQ(dataset->sample_count(), 3);
  EXPECT_EQ(dataset->format(), (SampleFormat{.feature_count = 2,
                                             .token_count = 0,
                                             .label_count = 1,
                                             .class_count = 5,
                                             .image = ImageShape{1, 1, 2}}));
}

TEST_F(IdxDatasetTest, ImagesThatAModelIsAskedAboutNeedNoLabels) {
  WriteIdxPair(prefix(), {0, 4, 2});
  std::filesystem::remove(prefix() + "-labels-idx1-ubyte");
  IdxDataset::Options options = OptionsOf();
  EXPECT_FALSE(IdxDataset::Load(options).ok());

  options.may_lack_labels = true;
  const auto dataset = IdxDataset::Load(options).value();
  std::vector<float> features(2);
  dataset->CopySamples(std::vector<std::int64_t>{2}, features, {}, {});

  EXPECT_EQ(dataset->sample_count(), 3);
  EXPECT_EQ(dataset->format().label_count, 0);
  EXPECT_THAT(features, ElementsAre(20 / 255.0f, 21 / 255.0f));
}

TEST_F(IdxDatasetTest, CopiesTheNamedSamplesInTheirOrder) {
  WriteIdxPair(prefix(), {0, 4, 2});
  const auto dataset = IdxDataset::Load(OptionsOf()).value();
  const std::vector<std::int64_t> samples = {2, 0};
  std::vector<float> features(4);
  std::vector<std::int32_t> labels(2);

  dataset->CopySamples(samples, features, {}, labels);

  EXPECT_THAT(features, ElementsAre(20 / 255.0f, 21 / 255.0f, 0.0f, 1 / 255.0f));
  EXPECT_THAT(labels, ElementsAre(2, 0));
}

TEST_F(IdxDatasetTest, PixelsAreNormalisedInDouble) {
  WriteIdxPair(prefix(), {0, 1});
  const auto dataset = IdxDataset::Load(OptionsOf(0.286, 0.353)).value();
  const std::vector<std::int64_t> samples = {1};
  std::vector<float> features(2);
  std::vector<std::int32_t> labels(1);

  dataset->CopySamples(samples, features, {}, labels);

  EXPECT_EQ(features[0], static_cast<float>((10 / 255.0 - 0.286) / 0.353));
}

TEST_F(IdxDatasetTest, ARangeIsADatasetOfItsOwn) {
  WriteIdxPair(prefix(), {0, 4, 2, 1});
  IdxDataset::Options options = OptionsOf();
  options.dataset.range = IndexRange{2, 4};
  const auto dataset = IdxDataset::Load(options).value();
  const std::vector<std::int64_t> samples = {0, 1};
  std::vector<float> features(4);
  std::vector<std::int32_t> labels(2);

  dataset->CopySamples(samples, features, {}, labels);

  EXPECT_EQ(dataset->sample_count(), 2);
  EXPECT_EQ(dataset->format().class_count, 3);
  EXPECT_EQ(features[0], 20 / 255.0f);
  EXPECT_THAT(labels, ElementsAre(2, 1));
}

TEST_F(IdxDatasetTest, EqualDataHaveEqualFingerprints) {
  WriteIdxPair(prefix(), {0, 1});

  EXPECT_EQ(IdxDataset::Load(OptionsOf()).value()->Fingerprint(),
            IdxDataset::Load(OptionsOf()).value()->Fingerprint());
}

TEST_F(IdxDatasetTest, AnotherLabelGivesAnotherFingerprint) {
  WriteIdxPair(prefix(), {0, 0, 1});
  const Digest before = IdxDataset::Load(OptionsOf()).value()->Fingerprint();
  WriteIdxPair(prefix(), {0, 1, 1});

  EXPECT_NE(IdxDataset::Load(OptionsOf()).value()->Fingerprint(), before);
}

TEST_F(IdxDatasetTest, ASampleOutsideTheDatasetIsABug) {
  WriteIdxPair(prefix(), {0, 1});
  const auto dataset = IdxDataset::Load(OptionsOf()).value();
  const std::vector<std::int64_t> samples = {2};
  std::vector<float> features(2);
  std::vector<std::int32_t> labels(1);

  EXPECT_DEATH(dataset->CopySamples(samples, features, {}, labels), "check failed");
}

}  // namespace
}  // namespace descent
