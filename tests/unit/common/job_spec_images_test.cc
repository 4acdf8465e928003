#include "common/job_spec_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

DataSpec ImagesOf(DataFormat format) { return {.train = {.path = "/data", .format = format}}; }

std::vector<std::string> ImageFieldsOf(const DataSpec& data) {
  SpecChecker checker;
  CheckImages(data, checker);
  std::vector<std::string> fields;
  for (const Violation& violation : checker.TakeViolations()) fields.push_back(violation.field);
  return fields;
}

TEST(JobSpecImagesTest, FoldersAreInColourByDefault) {
  DataSpec data = ImagesOf(DataFormat::kImages);

  SetImageDefaults(data);

  EXPECT_EQ(data.images.channels, 3);
  EXPECT_THAT(ImageFieldsOf(data), IsEmpty());
}

TEST(JobSpecImagesTest, EveryFieldOfFoldersIsCheckedAtOnce) {
  DataSpec data = ImagesOf(DataFormat::kImages);
  data.images = {
      .channels = 2, .size = {0, 20000, 3}, .labels = ImageLabels::kCoarse, .classes = {"a", "a"}};

  EXPECT_THAT(
      ImageFieldsOf(data),
      UnorderedElementsAre("data.images.classes", "data.images.channels", "data.images.size",
                           "data.images.size", "data.images.size", "data.images.labels"));
}

TEST(JobSpecImagesTest, WhatIsOfFoldersIsRefusedForOtherImages) {
  DataSpec data = ImagesOf(DataFormat::kIdx);
  data.images = {.channels = 1, .size = {8, 8}, .classes = {"a"}};

  EXPECT_THAT(ImageFieldsOf(data),
              ElementsAre("data.images.channels", "data.images.size", "data.images.classes"));
}

TEST(JobSpecImagesTest, CoarseLabelsAreOfCifar100) {
  DataSpec data = ImagesOf(DataFormat::kCifar100);
  data.images.labels = ImageLabels::kCoarse;

  EXPECT_THAT(ImageFieldsOf(data), IsEmpty());
}

TEST(JobSpecImagesTest, ThereIsOneMeanOrOneForEachChannel) {
  DataSpec colours = ImagesOf(DataFormat::kCifar10);
  colours.normalize = {.mean = {0.1, 0.2, 0.3}, .std = {0.5}};
  EXPECT_THAT(ImageFieldsOf(colours), IsEmpty());

  colours.normalize = {.mean = {0.1, 0.2}, .std = {}};
  EXPECT_THAT(ImageFieldsOf(colours), ElementsAre("data.normalize.mean", "data.normalize.std"));

  DataSpec grey = ImagesOf(DataFormat::kIdx);
  grey.normalize = {.mean = {0.1, 0.2, 0.3}, .std = {1}};
  EXPECT_THAT(ImageFieldsOf(grey), ElementsAre("data.normalize.mean"));
}

TEST(JobSpecImagesTest, AugmentationIsChecked) {
  DataSpec data = ImagesOf(DataFormat::kCifar10);
  data.augment = {.crop_padding = 4, .horizontal_flip = 0.5};
  EXPECT_THAT(ImageFieldsOf(data), IsEmpty());

  data.augment = {.crop_padding = -1, .horizontal_flip = 1.5};
  EXPECT_THAT(ImageFieldsOf(data),
              ElementsAre("data.augment.crop_padding", "data.augment.horizontal_flip"));
}

TEST(JobSpecImagesTest, TextsAreNotAugmented) {
  DataSpec data = ImagesOf(DataFormat::kText);
  data.augment = {.crop_padding = 4};

  EXPECT_THAT(ImageFieldsOf(data), ElementsAre("data.augment"));
}

}  // namespace
}  // namespace descent
