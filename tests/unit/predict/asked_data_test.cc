#include "worker/predict/asked_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"
#include "tests/unit/data/npy_writer.h"
#include "worker/data/load_datasets.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A model of two classes, "cat" and "dog", that has learned from a table of two features.
ModelDescription OfTable() {
  ModelDescription model;
  model.format = {.feature_count = 2, .class_count = 2};
  model.data = DataSpec{.train = {.format = DataFormat::kCsv}};
  model.data->table = {.label = "pet", .columns = {"x", "y"}, .classes = {"cat", "dog"}};
  return model;
}

// A model of images of 1 x 2 pixels.
ModelDescription OfPixels() {
  ModelDescription model;
  model.format = {.feature_count = 2, .class_count = 2, .image = ImageShape{1, 1, 2}};
  model.data = DataSpec{.train = {.format = DataFormat::kIdx}};
  model.data->normalize = {.mean = {0.5}, .std = {0.25}};
  return model;
}

std::string RefusalOf(const AskedData& asked, const ModelDescription& model) {
  const Status status = DataOf(asked, model).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  return status.message();
}

class AskedDataTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  // As a model gets it.
  std::unique_ptr<const Dataset> Load(const AskedData& asked, const ModelDescription& model) const {
    JobSpec spec;
    spec.data = DataOf(asked, model).value();
    Result<Datasets> datasets = LoadDatasets(spec);
    EXPECT_TRUE(datasets.ok()) << datasets.status().message();
    return std::move(datasets.value().train);
  }

  static std::vector<float> FirstFeatures(const Dataset& dataset) {
    std::vector<float> features(2);
    std::vector<std::int32_t> labels(static_cast<std::size_t>(dataset.format().label_count));
    dataset.CopySamples(std::vector<std::int64_t>{0}, features, {}, labels);
    return features;
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(AskedDataTest, WithoutAFormatItIsThatOfTheJob) {
  const DataSpec data = DataOf({.path = "/pets.csv"}, OfTable()).value();

  EXPECT_EQ(data.train.format, DataFormat::kCsv);
  EXPECT_EQ(data.train.path, "/pets.csv");
  EXPECT_EQ(data.table, OfTable().data->table);
  EXPECT_TRUE(data.may_lack_answers);
}

TEST_F(AskedDataTest, TablesOfBothKindsHaveTheColumnsOfTheJob) {
  const DataSpec data = DataOf({.path = "/pets.tsv", .format = "tsv"}, OfTable()).value();

  EXPECT_EQ(data.train.format, DataFormat::kTsv);
  EXPECT_EQ(data.table, OfTable().data->table);
}

TEST_F(AskedDataTest, LabelsThatAreNamedAreNotToBeMissed) {
  const DataSpec data = DataOf({.path = "/pets.csv", .labels = "kind"}, OfTable()).value();

  EXPECT_EQ(data.table.label, "kind");
  EXPECT_FALSE(data.may_lack_answers);
}

TEST_F(AskedDataTest, AModelOfATableReadsArrays) {
  WriteBytes(Path("x.npy"), NpyBytes("<f4", "(1, 2)", BytesOf(std::vector<float>{3, 4})));
  WriteBytes(Path("y.npy"), NpyBytes("<i8", "(1,)", BytesOf(std::vector<std::int64_t>{1})));

  const auto dataset =
      Load({.path = Path("x.npy"), .format = "npy", .labels = Path("y.npy")}, OfTable());

  EXPECT_THAT(FirstFeatures(*dataset), ElementsAre(3, 4));
  EXPECT_EQ(dataset->format().label_count, 1);
}

TEST_F(AskedDataTest, AModelOfArraysReadsWordsByTheirNumbers) {
  ModelDescription model = OfTable();
  model.data = DataSpec{.train = {.format = DataFormat::kNpy}};
  WriteBytes(Path("pets.csv"), "x,y,kind\n3,4,1\n5,6,0\n");

  const auto dataset = Load({.path = Path("pets.csv"), .format = "csv", .labels = "kind"}, model);

  std::vector<float> features(2);
  std::vector<std::int32_t> labels(1);
  dataset->CopySamples(std::vector<std::int64_t>{0}, features, {}, labels);
  EXPECT_THAT(features, ElementsAre(3, 4));
  EXPECT_THAT(labels, ElementsAre(1));
}

TEST_F(AskedDataTest, BytesOfArraysAreThePixelsOfAModelOfPixels) {
  WriteBytes(Path("x.npy"), NpyBytes("|u1", "(1, 1, 2)", {0, static_cast<char>(255)}));

  const auto dataset = Load({.path = Path("x.npy"), .format = "npy"}, OfPixels());

  EXPECT_THAT(FirstFeatures(*dataset), ElementsAre(-2, 2));
}

TEST_F(AskedDataTest, OtherNumbersOfArraysArePartsOfAPixel) {
  WriteBytes(Path("x.npy"), NpyBytes("<f4", "(1, 2)", BytesOf(std::vector<float>{0, 1})));

  const auto dataset = Load({.path = Path("x.npy"), .format = "npy"}, OfPixels());

  EXPECT_THAT(FirstFeatures(*dataset), ElementsAre(-2, 2));
}

TEST_F(AskedDataTest, ImageFilesGetTheSizeOfTheJobsImages) {
  const DataSpec data = DataOf({.path = "/pets", .format = "images"}, OfPixels()).value();

  EXPECT_EQ(data.images.channels, 1);
  EXPECT_THAT(data.images.size, ElementsAre(1, 2));
  EXPECT_THAT(data.images.classes, ElementsAre("0", "1"));
}

TEST_F(AskedDataTest, AFormatThatIsNotKnownIsRefusedWithThoseThatAre) {
  EXPECT_EQ(RefusalOf({.path = "/x", .format = "parquet"}, OfTable()),
            "--format: \"parquet\", must be one of idx, images, cifar10, cifar100, csv, tsv, npy, "
            "npz");
}

TEST_F(AskedDataTest, NumbersAreNotReadFromPixelsNorPixelsFromTables) {
  EXPECT_THAT(RefusalOf({.path = "/x", .format = "idx"}, OfTable()),
              HasSubstr("--format: idx, must be csv, tsv, npy or npz"));
  EXPECT_THAT(RefusalOf({.path = "/x", .format = "csv"}, OfPixels()),
              HasSubstr("--format: csv, must be idx, images"));
}

TEST_F(AskedDataTest, ImagesOfOtherChannelsAreRefused) {
  EXPECT_EQ(RefusalOf({.path = "/x", .format = "cifar10"}, OfPixels()),
            "--format: cifar10 of 3 channels, must be one of 1, as the images that the model has "
            "learned from");
}

TEST_F(AskedDataTest, WhatContradictsItselfIsRefused) {
  EXPECT_EQ(RefusalOf({.path = "/x", .labels = "a", .targets = "b"}, OfTable()),
            "--labels and --targets: both given, must be one of them");
  EXPECT_EQ(RefusalOf({.path = "/x", .labels = "a"}, OfPixels()),
            "--labels and --targets: given, must be absent, as they are of csv, tsv, npy and npz");
  EXPECT_EQ(RefusalOf({.path = "/x", .features = "a"}, OfTable()),
            "--features: given, must be absent, as it is of npz");
  EXPECT_EQ(RefusalOf({.path = "/x", .format = "npz"}, OfTable()),
            "--features: absent, must be the name of an array in the npz file");
}

TEST_F(AskedDataTest, ClassesAreCalledAsTheSamplesOfTheJobSaid) {
  EXPECT_THAT(ClassNamesOf(OfTable()), ElementsAre("cat", "dog"));
  EXPECT_THAT(ClassNamesOf(OfPixels()), ElementsAre());
}

}  // namespace
}  // namespace descent
