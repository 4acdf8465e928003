#include "worker/data/load_datasets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"

namespace descent {
namespace {

using testing::HasSubstr;

class LoadDatasetsTest : public testing::Test {
 protected:
  std::string Prefix(const std::string& split) const { return directory_.path() / split; }

  DataSpec SpecOfAllSplits() const {
    return {.train = {.path = Prefix("train")},
            .validation = DatasetSpec{.path = Prefix("validation")},
            .test = DatasetSpec{.path = Prefix("test")}};
  }

  static Result<Datasets> Load(const DataSpec& data) {
    JobSpec spec;
    spec.data = data;
    return LoadDatasets(spec);
  }

  std::string ProblemsOf(const DataSpec& spec) const {
    const Result<Datasets> datasets = Load(spec);
    EXPECT_EQ(datasets.status().code(), Code::kInvalidArgument);
    return datasets.status().message();
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(LoadDatasetsTest, AbsentSplitsAreNull) {
  WriteIdxPair(Prefix("train"), {0, 1, 2});

  const Datasets datasets = Load({.train = {.path = Prefix("train")}}).value();

  EXPECT_EQ(datasets.train->sample_count(), 3);
  EXPECT_EQ(datasets.validation, nullptr);
  EXPECT_EQ(datasets.test, nullptr);
}

TEST_F(LoadDatasetsTest, OtherSplitsHaveTheClassesOfTheTrainingSet) {
  WriteIdxPair(Prefix("train"), {0, 1, 9});
  WriteIdxPair(Prefix("validation"), {3});
  WriteIdxPair(Prefix("test"), {9, 9});

  const Datasets datasets = Load(SpecOfAllSplits()).value();

  EXPECT_EQ(datasets.validation->format().class_count, 10);
  EXPECT_EQ(datasets.test->format().class_count, 10);
}

TEST_F(LoadDatasetsTest, TheFingerprintTellsWhichSplitHoldsWhat) {
  WriteIdxPair(Prefix("train"), {0, 1});
  DataSpec with_validation = {.train = {.path = Prefix("train")}};
  with_validation.validation = with_validation.train;
  DataSpec with_test = {.train = {.path = Prefix("train")}};
  with_test.test = with_test.train;

  EXPECT_NE(Load(with_validation).value().Fingerprint(), Load(with_test).value().Fingerprint());
}

TEST_F(LoadDatasetsTest, EveryMissingFileIsALine) {
  const std::string problems = ProblemsOf(SpecOfAllSplits());

  EXPECT_EQ(std::count(problems.begin(), problems.end(), '\n'), 5);
  for (const char* split : {"train", "validation", "test"}) {
    EXPECT_THAT(problems, HasSubstr(Prefix(split) + "-images-idx3-ubyte: no such file"));
    EXPECT_THAT(problems, HasSubstr(Prefix(split) + "-labels-idx1-ubyte: no such file"));
  }
}

TEST_F(LoadDatasetsTest, ALabelBeyondTheTrainingSetNamesFileIndexAndValue) {
  WriteIdxPair(Prefix("train"), {0, 1, 2});
  WriteIdxPair(Prefix("validation"), {0, 7, 2, 3});
  DataSpec spec = {.train = {.path = Prefix("train")}};
  spec.validation = DatasetSpec{.path = Prefix("validation")};

  EXPECT_EQ(ProblemsOf(spec), Prefix("validation") +
                                  "-labels-idx1-ubyte: label 7 at index 1 (and 1 more), must be "
                                  "below the training set's 3 classes");
}

TEST_F(LoadDatasetsTest, AnotherNumberOfLabelsThanImagesIsRefused) {
  WriteIdxPair(Prefix("train"), {0, 1, 2});
  WriteBytes(Prefix("train") + "-labels-idx1-ubyte", IdxBytes({2}, {0, 1}));

  EXPECT_THAT(ProblemsOf({.train = {.path = Prefix("train")}}),
              HasSubstr("2 labels, must be 3 like the images in"));
}

TEST_F(LoadDatasetsTest, AnotherImageSizeThanInTrainingIsRefused) {
  WriteIdxPair(Prefix("train"), {0, 1});
  WriteIdxPair(Prefix("test"), {0, 1});
  WriteBytes(Prefix("test") + "-images-idx3-ubyte", IdxBytes({2, 2, 1}, "abcd"));
  DataSpec spec = {.train = {.path = Prefix("train")}};
  spec.test = DatasetSpec{.path = Prefix("test")};

  EXPECT_THAT(ProblemsOf(spec), HasSubstr("images of 2 x 1, must be 1 x 2 like the training set"));
}

TEST_F(LoadDatasetsTest, ARangeBeyondTheFileIsRefused) {
  WriteIdxPair(Prefix("train"), {0, 1});
  DataSpec spec = {.train = {.path = Prefix("train")}};
  spec.train.range = IndexRange{1, 3};

  EXPECT_THAT(ProblemsOf(spec), HasSubstr("range [1, 3], must lie within its 2 images"));
}

}  // namespace
}  // namespace descent
