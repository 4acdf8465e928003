#include "worker/data/image_augmenter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "worker/data/prefetcher.h"

namespace descent {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

constexpr ImageShape kShape = {.channels = 2, .height = 3, .width = 4};
constexpr std::size_t kSize = 2 * 3 * 4;
constexpr float kBlack = -1;  // of both channels: (0 - 0.5) / 0.5

const NormalizeSpec kNormalize = {.mean = {0.5}, .std = {0.5}};

// Pixel i is i + 1 and differs from all others; equal for every image.
std::vector<float> Batch(std::size_t images) {
  std::vector<float> features(images * kSize);
  for (std::size_t i = 0; i < features.size(); ++i) features[i] = static_cast<float>(i % kSize + 1);
  return features;
}

std::vector<float> Augmented(const AugmentSpec& augment, std::int64_t step,
                             std::int64_t first_position, std::size_t images,
                             std::uint64_t seed = 7) {
  std::vector<float> features = Batch(images);
  ImageAugmenter(augment, kNormalize, kShape, seed).Apply(step, first_position, features);
  return features;
}

std::vector<float> ImageOf(const std::vector<float>& features, std::size_t index) {
  const auto start = features.begin() + static_cast<std::ptrdiff_t>(index * kSize);
  return {start, start + kSize};
}

// The image with two rows and columns of black around it, cut at (row, column).
std::vector<float> CutAt(std::int64_t row, std::int64_t column) {
  const std::vector<float> image = Batch(1);
  std::vector<float> cut;
  for (std::int64_t c = 0; c < kShape.channels; ++c)
    for (std::int64_t y = row; y < row + kShape.height; ++y)
      for (std::int64_t x = column; x < column + kShape.width; ++x) {
        const bool is_inside = y >= 0 && y < kShape.height && x >= 0 && x < kShape.width;
        cut.push_back(is_inside ? image[static_cast<std::size_t>((c * 3 + y) * 4 + x)] : kBlack);
      }
  return cut;
}

TEST(ImageAugmenterTest, ACertainFlipMirrorsEveryRow) {
  const std::vector<float> flipped = Augmented({.horizontal_flip = 1}, 0, 0, 2);

  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_THAT(ImageOf(flipped, i),
                ElementsAreArray({4,  3,  2,  1,  8,  7,  6,  5,  12, 11, 10, 9,
                                  16, 15, 14, 13, 20, 19, 18, 17, 24, 23, 22, 21}));
}

TEST(ImageAugmenterTest, AFlipComesAsOftenAsItsProbability) {
  constexpr std::size_t kImages = 10000;
  const std::vector<float> flipped = Augmented({.horizontal_flip = 0.3}, 0, 0, kImages);

  std::size_t count = 0;
  for (std::size_t i = 0; i < kImages; ++i) count += flipped[i * kSize] == 4 ? 1 : 0;

  // Four deviations of a binomial of 10000 with 0.3: 4 sqrt(10000 0.3 0.7) = 183.
  EXPECT_NEAR(static_cast<double>(count), 3000, 183);
}

TEST(ImageAugmenterTest, ACropIsOneOfAllPlacesAndEachComes) {
  std::map<std::vector<float>, int> place_of;
  for (std::int64_t row = -1; row <= 1; ++row)
    for (std::int64_t column = -1; column <= 1; ++column) place_of[CutAt(row, column)] = 0;
  ASSERT_EQ(place_of.size(), 9u);

  const std::vector<float> cropped = Augmented({.crop_padding = 1}, 3, 0, 900);

  for (std::size_t i = 0; i < 900; ++i) {
    const auto place = place_of.find(ImageOf(cropped, i));
    ASSERT_NE(place, place_of.end()) << i;
    ++place->second;
  }
  // 900 draws of nine: 100 each, and four deviations are 4 sqrt(900 / 9 8 / 9) = 38.
  for (const auto& [cut, count] : place_of) EXPECT_NEAR(count, 100, 38);
}

TEST(ImageAugmenterTest, AnImageDependsOnItsPositionNotOnItsBatch) {
  const AugmentSpec both = {.crop_padding = 2, .horizontal_flip = 0.5};
  const std::vector<float> whole = Augmented(both, 5, 0, 8);

  for (std::size_t first : {0, 3, 7})
    EXPECT_EQ(Augmented(both, 5, static_cast<std::int64_t>(first), 1), ImageOf(whole, first));
}

TEST(ImageAugmenterTest, StepPositionAndSeedEachChangeWhatIsDrawn) {
  const AugmentSpec both = {.crop_padding = 2, .horizontal_flip = 0.5};
  const std::vector<float> images = Augmented(both, 5, 0, 50);

  EXPECT_NE(Augmented(both, 6, 0, 50), images);
  EXPECT_NE(Augmented(both, 5, 1, 50), images);
  EXPECT_NE(Augmented(both, 5, 0, 50, /*seed=*/8), images);
}

// Every sample is the same image, with label 0.
class OneImage final : public Dataset {
 public:
  std::int64_t sample_count() const override { return 103; }
  SampleFormat format() const override {
    return {.feature_count = kSize, .class_count = 1, .image = kShape};
  }
  Digest Fingerprint() const override { return Digest(); }
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t>, std::span<std::int32_t>) const override {
    std::ranges::copy(Batch(samples.size()), features.begin());
  }
};

// The images of a step, in the order of their positions, whoever computes them.
std::vector<float> ImagesOfStep(std::int64_t step, int ranks, std::int64_t micro_size) {
  const OneImage dataset;
  std::vector<float> images;
  for (int rank = 0; rank < ranks; ++rank) {
    const BatchSequence sequence = {.plan = {.sample_count = 103,
                                             .global_batch = 16,
                                             .logical_workers = 4,
                                             .seed = 42,
                                             .tail = EpochTail::kKeep},
                                    .logical_workers = LogicalWorkersOf(4, ranks, rank),
                                    .micro_size = micro_size,
                                    .first_step = step};
    Prefetcher batches(dataset, sequence,
                       MakeImageAugmenter({.crop_padding = 2, .horizontal_flip = 0.5}, kNormalize,
                                          dataset.format(), 9));
    while (const auto* batch = batches.NextOfStep(step))
      images.insert(images.end(), batch->features.begin(), batch->features.end());
  }
  return images;
}

TEST(ImageAugmenterTest, BatchesAreEqualForAnyRanksAndMicroBatches) {
  for (const std::int64_t step : {0, 6, 8}) {
    const std::vector<float> alone = ImagesOfStep(step, 1, 4);

    for (const int ranks : {2, 3, 4}) EXPECT_EQ(ImagesOfStep(step, ranks, 4), alone);
    EXPECT_EQ(ImagesOfStep(step, 2, 1), alone);
  }
}

TEST(ImageAugmenterTest, WithoutAugmentationThereIsNone) {
  EXPECT_FALSE(MakeImageAugmenter({}, kNormalize, OneImage().format(), 9).has_value());
}

TEST(ImageAugmenterTest, SamplesThatAreNoImagesAreRefused) {
  EXPECT_TRUE(CheckAugment({}, kNormalize, {.feature_count = 4}).ok());
  EXPECT_TRUE(CheckAugment({.crop_padding = 1}, kNormalize, OneImage().format()).ok());
  EXPECT_THAT(CheckAugment({.crop_padding = 1}, kNormalize, {.feature_count = 4}).message(),
              HasSubstr("these samples are no images"));
}

TEST(ImageAugmenterTest, ImagesThatHaveNoBlackAreRefused) {
  const NormalizeSpec by_pixel = {.mean = std::vector<double>(kSize, 0.5), .std = {0.5}};

  EXPECT_THAT(CheckAugment({.crop_padding = 1}, by_pixel, OneImage().format()).message(),
              HasSubstr("pixels are normalised one by one"));
}

}  // namespace
}  // namespace descent
