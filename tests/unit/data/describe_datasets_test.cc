#include "worker/data/describe_datasets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/data/array_dataset.h"
#include "worker/data/ignore_labels.h"

namespace descent {
namespace {

using testing::HasSubstr;

TEST(DescribeDatasetsTest, LabelsAreCountedByClass) {
  Datasets datasets;
  datasets.train = std::make_unique<ArrayDataset>(
      ArrayDataset::Options{.features = Array({3, 2}, std::vector<float>{0, 1, 2, 3, 4, 5}),
                            .labels = Array({3}, std::vector<std::int32_t>{1, 0, 1}),
                            .class_count = 2});
  datasets.table = TableSpec{.classes = {"cat", "dog"}};

  EXPECT_EQ(DescribeDatasets(datasets),
            "data.train: 3 samples of 2 features, 2 classes\n"
            "  features  min 0, mean 2.5, max 5\n"
            "  labels    cat: 1, dog: 2\n"
            "  sample 0  [0, 1] -> [1]\n");
}

TEST(DescribeDatasetsTest, LabelsThatAreIgnoredAreCountedApart) {
  Datasets datasets;
  datasets.train = std::make_unique<IgnoringDataset>(
      std::make_unique<ArrayDataset>(
          ArrayDataset::Options{.features = Array({3, 1}, std::vector<float>{0, 1, 2}),
                                .labels = Array({3}, std::vector<std::int32_t>{1, 0, 1}),
                                .class_count = 2}),
      /*ignore_index=*/1);

  EXPECT_THAT(DescribeDatasets(datasets), HasSubstr("  labels    0: 1, 1: 0, ignored: 2\n"));
}

TEST(DescribeDatasetsTest, TargetsHaveARangeAndSplitsTheirNames) {
  const auto make = [](std::vector<float> targets) {
    return std::make_unique<ArrayDataset>(
        ArrayDataset::Options{.features = Array({2, 1, 1, 2}, std::vector<float>{1, 1, 1, 1}),
                              .targets = Array({2}, std::move(targets)),
                              .image = ImageShape{.channels = 1, .height = 1, .width = 2}});
  };
  Datasets datasets;
  datasets.train = make({1, 3});
  datasets.test = make({5, 5});

  const std::string text = DescribeDatasets(datasets);

  EXPECT_THAT(text, HasSubstr("data.train: 2 samples of images of 1 x 1 x 2, 1 targets\n"));
  EXPECT_THAT(text, HasSubstr("data.test: 2 samples"));
  EXPECT_THAT(text, HasSubstr("  targets   min 1, mean 2, max 3\n"));
}

// More samples than are read at once, and more values than are shown.
TEST(DescribeDatasetsTest, AllSamplesCountAndLongOnesAreCut) {
  constexpr std::int64_t kSamples = 300;
  Datasets datasets;
  datasets.train = std::make_unique<ArrayDataset>(
      ArrayDataset::Options{.features = Array({kSamples, 20}, std::vector<float>(kSamples * 20, 1)),
                            .labels = Array({kSamples}, std::vector<std::int32_t>(kSamples, 0)),
                            .class_count = 1});

  const std::string text = DescribeDatasets(datasets);

  EXPECT_THAT(text, HasSubstr("0: 300\n"));
  EXPECT_THAT(text, HasSubstr("1, … 20 in all] -> [0]"));
}

}  // namespace
}  // namespace descent
