#include "worker/data/ignore_labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/dataset_rows.h"
#include "tests/unit/data/idx_writer.h"
#include "tests/unit/data/npy_writer.h"
#include "worker/data/load_datasets.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class IgnoreLabelsTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  JobSpec SpecOf(const std::string& path, DataFormat format, std::int64_t ignore_index) const {
    JobSpec spec;
    spec.model.ignore_index = ignore_index;
    spec.data.train = {.path = Path(path), .format = format};
    return spec;
  }

  // Of three samples of one feature.
  JobSpec SpecOfArrays(const std::vector<std::int64_t>& labels, std::int64_t ignore_index) const {
    WriteBytes(Path("x.npy"), NpyBytes("<f4", "(3, 1)", BytesOf(std::vector<float>{1, 2, 3})));
    WriteBytes(Path("y.npy"), NpyBytes("<i8", "(3,)", BytesOf(labels)));
    JobSpec spec = SpecOf("x.npy", DataFormat::kNpy, ignore_index);
    spec.data.train.labels = Path("y.npy");
    return spec;
  }

  JobSpec SpecOfTable(const std::string& text, std::int64_t ignore_index) const {
    WriteBytes(Path("train.csv"), text);
    JobSpec spec = SpecOf("train.csv", DataFormat::kCsv, ignore_index);
    spec.data.table.label = "label";
    return spec;
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(IgnoreLabelsTest, ALabelOfAnArrayNeedBeNoClass) {
  const Datasets datasets = LoadDatasets(SpecOfArrays({1, -100, 0}, -100)).value();

  EXPECT_THAT(LabelsOf(*datasets.train), ElementsAre(1, kIgnoredLabel, 0));
  EXPECT_EQ(datasets.train->format().class_count, 2);
}

TEST_F(IgnoreLabelsTest, OtherLabelsThatAreNoClassesAreRefused) {
  const Status status = LoadDatasets(SpecOfArrays({1, -1, 0}, -100)).status();

  EXPECT_THAT(status.message(), HasSubstr("label -1 at index 1, must be at least 0"));
}

TEST_F(IgnoreLabelsTest, AClassMayBeIgnored) {
  const Datasets datasets = LoadDatasets(SpecOfArrays({2, 0, 1}, 0)).value();

  EXPECT_THAT(LabelsOf(*datasets.train), ElementsAre(2, kIgnoredLabel, 1));
  EXPECT_EQ(datasets.train->format().class_count, 3);
}

TEST_F(IgnoreLabelsTest, ALabelOfIdxBeyondTheClassesIsIgnored) {
  WriteIdxPair(Path("train"), {0, 1, static_cast<char>(255)});
  WriteIdxPair(Path("test"), {static_cast<char>(255), 1});
  JobSpec spec = SpecOf("train", DataFormat::kIdx, 255);
  spec.data.test = DatasetSpec{.path = Path("test")};

  const Datasets datasets = LoadDatasets(spec).value();

  EXPECT_EQ(datasets.train->format().class_count, 2);
  EXPECT_THAT(LabelsOf(*datasets.train), ElementsAre(0, 1, kIgnoredLabel));
  EXPECT_THAT(LabelsOf(*datasets.test), ElementsAre(kIgnoredLabel, 1));
}

// Classes are numbered by their order: the words 1, 2, 3 would else be the classes 0, 1, 2.
TEST_F(IgnoreLabelsTest, OfATableTheWordIsIgnored) {
  const Datasets datasets = LoadDatasets(SpecOfTable("x,label\n1,3\n2,1\n3,2\n", 1)).value();

  EXPECT_THAT(datasets.table->classes, ElementsAre("2", "3"));
  EXPECT_THAT(LabelsOf(*datasets.train), ElementsAre(1, kIgnoredLabel, 0));
}

TEST_F(IgnoreLabelsTest, ATableOfIgnoredLabelsAloneNamesNoClass) {
  const Status status = LoadDatasets(SpecOfTable("x,label\n1,-100\n", -100)).status();

  EXPECT_THAT(status.message(), HasSubstr("no label names a class, must be at least one"));
}

TEST_F(IgnoreLabelsTest, OfTextsTheTokenIsStillRead) {
  WriteBytes(Path("text"), std::string({1, 2, 3, 2, 1}));
  JobSpec spec = SpecOf("text", DataFormat::kText, 2);
  spec.model.architecture =
      GptSpec{.layers = 1, .heads = 1, .embedding_size = 2, .context_length = 2};
  spec.data.tokenizer = Tokenizer::kByte;
  spec.data.train.stride = 2;

  const Datasets datasets = LoadDatasets(spec).value();

  EXPECT_THAT(LabelsOf(*datasets.train), ElementsAre(kIgnoredLabel, 3, kIgnoredLabel, 1));
  std::vector<std::int32_t> tokens(2);
  std::vector<std::int32_t> labels(2);
  datasets.train->CopySamples(std::vector<std::int64_t>{0}, {}, tokens, labels);
  EXPECT_THAT(tokens, ElementsAre(1, 2));
}

TEST_F(IgnoreLabelsTest, ASplitWithoutALabelThatCountsIsRefused) {
  const Status status = LoadDatasets(SpecOfArrays({7, 7, 7}, 7)).status();

  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(status.message(), "data.train: all labels are 7, which model.ignore_index leaves out");
}

TEST_F(IgnoreLabelsTest, WhatAModelIsAskedAboutNeedHaveNone) {
  JobSpec spec = SpecOfArrays({7, 7, 7}, 7);
  spec.data.may_lack_answers = true;

  const Datasets datasets = LoadDatasets(spec).value();

  EXPECT_THAT(LabelsOf(*datasets.train), ElementsAre(kIgnoredLabel, kIgnoredLabel, kIgnoredLabel));
}

TEST_F(IgnoreLabelsTest, TheFingerprintTellsWhichLabelIsIgnored) {
  const Digest one = LoadDatasets(SpecOfArrays({2, 0, 1}, 0)).value().Fingerprint();
  const Digest other = LoadDatasets(SpecOfArrays({2, 0, 1}, 1)).value().Fingerprint();

  EXPECT_NE(one.ToHex(), other.ToHex());
}

}  // namespace
}  // namespace descent
