#include "worker/data/load_cifar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"

namespace descent {
namespace {

using testing::ElementsAre;

class LoadCifarTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  // A record whose planes are filled with red, green and blue.
  static std::string Record(const std::string& labels, char red, char green, char blue) {
    return labels + std::string(1024, red) + std::string(1024, green) + std::string(1024, blue);
  }

  JobSpec SpecOf(const std::string& glob, DataFormat format) const {
    JobSpec spec;
    spec.data.train = {.path = Path(glob), .format = format};
    return spec;
  }

  static std::vector<std::int32_t> LabelsOf(const Dataset& dataset) {
    std::vector<std::int32_t> labels;
    for (std::int64_t sample = 0; sample < dataset.sample_count(); ++sample) {
      std::vector<float> features(3072);
      labels.push_back(-1);
      dataset.CopySamples(std::span(&sample, 1), features, {}, std::span(labels).last(1));
    }
    return labels;
  }

  static std::string ProblemsOf(const JobSpec& spec) {
    const Status status = LoadCifar(spec).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    return status.message();
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(LoadCifarTest, RecordsOfAllFilesFollowOneAnother) {
  WriteBytes(Path("data_batch_2.bin"), Record("\x05", 1, 2, 3));
  WriteBytes(Path("data_batch_1.bin"), Record("\x03", 1, 2, 3) + Record("\x09", 1, 2, 3));

  const Datasets datasets = LoadCifar(SpecOf("data_batch_*.bin", DataFormat::kCifar10)).value();

  EXPECT_THAT(LabelsOf(*datasets.train), ElementsAre(3, 9, 5));
  EXPECT_EQ(datasets.train->format(),
            (SampleFormat{.feature_count = 3072,
                          .class_count = 10,
                          .image = ImageShape{.channels = 3, .height = 32, .width = 32}}));
}

TEST_F(LoadCifarTest, EachChannelIsNormalisedByItsOwnMeanAndStd) {
  WriteBytes(Path("train.bin"), Record("\x01", 51, 102, char(204)));
  JobSpec spec = SpecOf("train.bin", DataFormat::kCifar10);
  spec.data.normalize = {.mean = {0.2, 0.5, 0.6}, .std = {1, 2, 0.5}};

  const Datasets datasets = LoadCifar(spec).value();
  std::vector<float> features(3072);
  std::vector<std::int32_t> labels(1);
  datasets.train->CopySamples(std::vector<std::int64_t>{0}, features, {}, labels);

  EXPECT_FLOAT_EQ(features[0], 0);
  EXPECT_FLOAT_EQ(features[1024], (0.4f - 0.5f) / 2);
  EXPECT_FLOAT_EQ(features[3071], (0.8f - 0.6f) / 0.5f);
}

TEST_F(LoadCifarTest, Cifar100HasFineAndCoarseLabels) {
  WriteBytes(Path("train.bin"), Record("\x13\x63", 1, 2, 3));
  JobSpec spec = SpecOf("train.bin", DataFormat::kCifar100);

  const Datasets fine = LoadCifar(spec).value();
  EXPECT_THAT(LabelsOf(*fine.train), ElementsAre(99));
  EXPECT_EQ(fine.train->format().class_count, 100);

  spec.data.images.labels = ImageLabels::kCoarse;
  const Datasets coarse = LoadCifar(spec).value();
  EXPECT_THAT(LabelsOf(*coarse.train), ElementsAre(19));
  EXPECT_EQ(coarse.train->format().class_count, 20);
}

TEST_F(LoadCifarTest, ARangeTakesTheseSamplesOfAllFiles) {
  WriteBytes(Path("1.bin"), Record("\x01", 1, 2, 3) + Record("\x02", 1, 2, 3));
  WriteBytes(Path("2.bin"), Record("\x03", 1, 2, 3) + Record("\x04", 1, 2, 3));
  JobSpec spec = SpecOf("?.bin", DataFormat::kCifar10);
  spec.data.train.range = IndexRange{1, 3};

  EXPECT_THAT(LabelsOf(*LoadCifar(spec).value().train), ElementsAre(2, 3));

  spec.data.train.range = IndexRange{1, 5};
  EXPECT_EQ(ProblemsOf(spec), Path("?.bin") + ": range [1, 5], must lie within its 4 images");
}

TEST_F(LoadCifarTest, ProblemsOfAllFilesComeAtOnce) {
  WriteBytes(Path("1.bin"), Record("\x01", 1, 2, 3) + "x");
  WriteBytes(Path("2.bin"), "");
  WriteBytes(Path("3.bin"), Record("\x01", 1, 2, 3) + Record("\x0A", 1, 2, 3));
  JobSpec spec = SpecOf("?.bin", DataFormat::kCifar10);
  spec.data.test = DatasetSpec{.path = Path("missing"), .format = DataFormat::kCifar10};
  const std::string wanted =
      " bytes, must be a multiple of 3073: 1 of labels and 3072 of pixels for each image\n";

  EXPECT_EQ(ProblemsOf(spec), Path("1.bin") + ": 3074" + wanted + Path("2.bin") + ": 0" + wanted +
                                  Path("3.bin") + ": label 10 at record 1, must be below 10\n" +
                                  Path("missing") + ": no such file");
}

}  // namespace
}  // namespace descent
