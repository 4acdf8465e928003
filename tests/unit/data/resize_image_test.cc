#include "worker/data/resize_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::ElementsAreArray;

PixelImage Grey(std::int64_t height, std::int64_t width, const std::vector<std::uint8_t>& pixels) {
  return {.shape = {.channels = 1, .height = height, .width = width}, .pixels = pixels};
}

TEST(ResizeImageTest, TheSameSizeIsTheSameImage) {
  const PixelImage image = Grey(2, 3, {1, 20, 33, 47, 58, 255});

  EXPECT_THAT(ResizeImage(image, 2, 3).pixels, ElementsAreArray(image.pixels));
}

TEST(ResizeImageTest, OneColourStaysThatColour) {
  const PixelImage image = Grey(5, 7, std::vector<std::uint8_t>(35, 113));

  EXPECT_THAT(ResizeImage(image, 3, 11).pixels, Each(113));
}

// With pixel centers at 0.5 and 1.5 of two, those of four lie at 0.25, 0.75, 1.25 and 1.75.
TEST(ResizeImageTest, ALargerImageLiesBetweenItsPixels) {
  EXPECT_THAT(ResizeImage(Grey(1, 2, {0, 100}), 1, 4).pixels, ElementsAre(0, 25, 75, 100));
  EXPECT_THAT(ResizeImage(Grey(2, 1, {0, 100}), 4, 1).pixels, ElementsAre(0, 25, 75, 100));
}

// Half the size: weights 1, 3, 3, 1 of 8, and at the ends those that are there, of 7.
TEST(ResizeImageTest, ASmallerImageIsSmoothedFirst) {
  EXPECT_THAT(ResizeImage(Grey(1, 6, {0, 70, 70, 0, 0, 0}), 1, 3).pixels, ElementsAre(40, 35, 0));
}

TEST(ResizeImageTest, EveryPlaneIsResized) {
  const PixelImage image = {.shape = {.channels = 3, .height = 1, .width = 1}, .pixels = {1, 2, 3}};

  const PixelImage resized = ResizeImage(image, 1, 2);

  EXPECT_EQ(resized.shape, (ImageShape{.channels = 3, .height = 1, .width = 2}));
  EXPECT_THAT(resized.pixels, ElementsAre(1, 1, 2, 2, 3, 3));
}

}  // namespace
}  // namespace descent
