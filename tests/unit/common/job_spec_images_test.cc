#include "common/job_spec_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

DataSpec Of(DataFormat format) { return {.train = {.path = "/data", .format = format}}; }

std::vector<std::string> FieldsOf(const DataSpec& data) {
  SpecChecker checker;
  CheckImages(data, checker);
  std::vector<std::string> fields;
  for (const Violation& violation : checker.TakeViolations()) fields.push_back(violation.field);
  return fields;
}

TEST(JobSpecImagesTest, FoldersAreInColourByDefault) {
  DataSpec data = Of(DataFormat::kImages);

  SetImageDefaults(data);

  EXPECT_EQ(data.images.channels, 3);
  EXPECT_THAT(FieldsOf(data), IsEmpty());
}

TEST(JobSpecImagesTest, EveryFieldOfFoldersIsCheckedAtOnce) {
  DataSpec data = Of(DataFormat::kImages);
  data.images = {
      .channels = 2, .size = {0, 20000, 3}, .labels = ImageLabels::kCoarse, .classes = {"a", "a"}};

  EXPECT_THAT(FieldsOf(data), UnorderedElementsAre("data.images.classes", "data.images.channels",
                                                   "data.images.size", "data.images.size",
                                                   "data.images.size", "data.images.labels"));
}

TEST(JobSpecImagesTest, WhatIsOfFoldersIsRefusedForOtherImages) {
  DataSpec data = Of(DataFormat::kIdx);
  data.images = {.channels = 1, .size = {8, 8}, .classes = {"a"}};

  EXPECT_THAT(FieldsOf(data),
              ElementsAre("data.images.channels", "data.images.size", "data.images.classes"));
}

TEST(JobSpecImagesTest, CoarseLabelsAreOfCifar100) {
  DataSpec data = Of(DataFormat::kCifar100);
  data.images.labels = ImageLabels::kCoarse;

  EXPECT_THAT(FieldsOf(data), IsEmpty());
}

TEST(JobSpecImagesTest, ThereIsOneMeanOrOneForEachChannel) {
  DataSpec colours = Of(DataFormat::kCifar10);
  colours.normalize = {.mean = {0.1, 0.2, 0.3}, .std = {0.5}};
  EXPECT_THAT(FieldsOf(colours), IsEmpty());

  colours.normalize = {.mean = {0.1, 0.2}, .std = {}};
  EXPECT_THAT(FieldsOf(colours), ElementsAre("data.normalize.mean", "data.normalize.std"));

  DataSpec grey = Of(DataFormat::kIdx);
  grey.normalize = {.mean = {0.1, 0.2, 0.3}, .std = {1}};
  EXPECT_THAT(FieldsOf(grey), ElementsAre("data.normalize.mean"));
}

TEST(JobSpecImagesTest, AugmentationIsChecked) {
  DataSpec data = Of(DataFormat::kCifar10);
  data.augment = {.crop_padding = 4, .horizontal_flip = 0.5};
  EXPECT_THAT(FieldsOf(data), IsEmpty());

  data.augment = {.crop_padding = -1, .horizontal_flip = 1.5};
  EXPECT_THAT(FieldsOf(data),
              ElementsAre("data.augment.crop_padding", "data.augment.horizontal_flip"));
}

TEST(JobSpecImagesTest, TextsAreNotAugmented) {
  DataSpec data = Of(DataFormat::kText);
  data.augment = {.crop_padding = 4};

  EXPECT_THAT(FieldsOf(data), ElementsAre("data.augment"));
}

}  // namespace
}  // namespace descent
