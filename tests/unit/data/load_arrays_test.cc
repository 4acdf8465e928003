#include "worker/data/load_arrays.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/dataset_rows.h"
#include "tests/unit/data/idx_writer.h"
#include "tests/unit/data/npy_writer.h"
#include "tests/unit/data/npz_writer.h"
#include "worker/data/load_datasets.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LoadArraysTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  void Write(const std::string& name, const std::string& bytes) const {
    WriteBytes(Path(name), bytes);
  }

  // Of x.npy and the labels in y.npy.
  DataSpec SpecOf(const std::string& features, const std::string& labels) const {
    Write("x.npy", features);
    Write("y.npy", labels);
    DataSpec spec;
    spec.train = {.path = Path("x.npy"), .format = DataFormat::kNpy, .labels = Path("y.npy")};
    return spec;
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

std::string Floats(const std::string& shape, const std::vector<float>& values) {
  return NpyBytes("<f4", shape, BytesOf(values));
}
std::string Labels(const std::string& shape, const std::vector<std::int64_t>& labels) {
  return NpyBytes("<i8", shape, BytesOf(labels));
}

TEST_F(LoadArraysTest, ARowIsASampleAndTheLargestLabelSetsTheClasses) {
  const Datasets datasets =
      Load(SpecOf(Floats("(2, 2)", {1, 2, 3, 4}), Labels("(2,)", {4, 0}))).value();

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(LabelsOf(*datasets.train), ElementsAre(4, 0));
  EXPECT_EQ(datasets.train->format().class_count, 5);
}

TEST_F(LoadArraysTest, TargetsAreOneNumberOrMore) {
  DataSpec spec = SpecOf(Floats("(2,)", {1, 2}), Floats("(2, 2)", {5, 6, 7, 8}));
  spec.train.labels.clear();
  spec.train.targets = Path("y.npy");

  const Datasets datasets = Load(spec).value();

  EXPECT_EQ(datasets.train->format().feature_count, 1);
  EXPECT_THAT(TargetsOf(*datasets.train), ElementsAre(5, 6, 7, 8));
}

TEST_F(LoadArraysTest, ArraysAreFlatUnlessTheyAreDeclaredImages) {
  DataSpec spec = SpecOf(Floats("(1, 2, 2)", {1, 2, 3, 4}), Labels("(1,)", {0}));
  EXPECT_EQ(Load(spec).value().train->format().image, std::nullopt);

  spec.array_shape = ArrayShape::kImage;

  EXPECT_EQ(Load(spec).value().train->format().image, (ImageShape{1, 2, 2}));
}

TEST_F(LoadArraysTest, ImagesMayHaveChannels) {
  DataSpec spec = SpecOf(Floats("(1, 3, 1, 2)", {1, 2, 3, 4, 5, 6}), Labels("(1,)", {0}));
  spec.array_shape = ArrayShape::kImage;

  EXPECT_EQ(Load(spec).value().train->format().image, (ImageShape{3, 1, 2}));
}

TEST_F(LoadArraysTest, OfNpzAreArraysOfOneFile) {
  WriteNpz(Path("d.npz"),
           {{"x_train", Floats("(1, 2)", {1, 2})},
            {"y_train", Labels("(1,)", {1})},
            {"x_test", Floats("(1, 2)", {3, 4})},
            {"y_test", Labels("(1,)", {0})}},
           NpzMethod::kDeflated);
  DataSpec spec;
  spec.train = {.path = Path("d.npz"),
                .format = DataFormat::kNpz,
                .features = "x_train",
                .labels = "y_train"};
  spec.test = DatasetSpec{
      .path = Path("d.npz"), .format = DataFormat::kNpz, .features = "x_test", .labels = "y_test"};

  const Datasets datasets = Load(spec).value();

  EXPECT_THAT(FeaturesOf(*datasets.test), ElementsAre(3, 4));
  EXPECT_EQ(datasets.test->format().class_count, 2);
}

TEST_F(LoadArraysTest, FilesThatAModelIsAskedAboutMayLackLabels) {
  DataSpec npy = SpecOf(Floats("(1, 2)", {1, 2}), "?");
  npy.train.labels.clear();
  npy.may_lack_answers = true;
  WriteNpz(Path("d.npz"), {{"x", Floats("(1, 2)", {3, 4})}}, NpzMethod::kStored);
  DataSpec npz;
  npz.train = {.path = Path("d.npz"), .format = DataFormat::kNpz, .features = "x", .labels = "y"};
  npz.may_lack_answers = true;

  EXPECT_THAT(FeaturesOf(*Load(npy).value().train), ElementsAre(1, 2));
  EXPECT_THAT(FeaturesOf(*Load(npz).value().train), ElementsAre(3, 4));
  EXPECT_EQ(Load(npz).value().train->format().label_count, 0);
}

TEST_F(LoadArraysTest, WhatIsWrongWithFeaturesAndLabelsComesAtOnce) {
  EXPECT_EQ(ProblemsOf(SpecOf("?", Labels("(2,)", {1}))),
            Path("x.npy") + ": not NPY, must begin with \\x93NUMPY\n" + Path("y.npy") +
                ": 8 bytes of values, must be 16 for shape (2) of i8");
}

TEST_F(LoadArraysTest, LabelsAreAsManyAsSamples) {
  EXPECT_THAT(ProblemsOf(SpecOf(Floats("(2, 1)", {1, 2}), Labels("(3,)", {0, 1, 0}))),
              HasSubstr("y.npy: shape (3), must have 2 rows like the features"));
}

TEST_F(LoadArraysTest, LabelsAreIntegersFromZero) {
  EXPECT_THAT(ProblemsOf(SpecOf(Floats("(2,)", {1, 2}), Labels("(2,)", {0, -1}))),
              HasSubstr("y.npy: label -1 at index 1, must be at least 0"));
  EXPECT_THAT(ProblemsOf(SpecOf(Floats("(2,)", {1, 2}), Floats("(2,)", {0, 1}))),
              HasSubstr("y.npy: shape (2) of f4, must be one integer for each sample"));
}

TEST_F(LoadArraysTest, AnotherSplitHasTheFeaturesAndClassesOfTraining) {
  DataSpec spec = SpecOf(Floats("(1, 2)", {1, 2}), Labels("(1,)", {1}));
  Write("v.npy", Floats("(1, 3)", {1, 2, 3}));
  Write("w.npy", Labels("(1,)", {2}));
  spec.validation =
      DatasetSpec{.path = Path("v.npy"), .format = DataFormat::kNpy, .labels = Path("w.npy")};

  EXPECT_EQ(ProblemsOf(spec),
            Path("v.npy") + ": shape (1, 3), must have 2 features like the training set\n" +
                Path("w.npy") +
                ": label 2 at index 0, must be at least 0 and below the training set's 2 classes");
}

TEST_F(LoadArraysTest, OtherShapesAreNoImages) {
  DataSpec spec = SpecOf(Floats("(1, 2)", {1, 2}), Labels("(1,)", {0}));
  spec.array_shape = ArrayShape::kImage;

  EXPECT_THAT(ProblemsOf(spec), HasSubstr("x.npy: shape (1, 2), must be (samples, height, width)"));
}

TEST_F(LoadArraysTest, ImagesAreNormalisedByChannel) {
  DataSpec spec = SpecOf(Floats("(2, 2, 1, 1)", {1, 10, 3, 30}), Labels("(2,)", {0, 1}));
  spec.array_shape = ArrayShape::kImage;
  spec.normalize.from = NormalizeFrom::kTrainingSet;

  const Datasets datasets = Load(spec).value();

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(-1, -1, 1, 1));
  EXPECT_THAT(datasets.normalize.mean, ElementsAre(2, 20));
  EXPECT_THAT(datasets.normalize.std, ElementsAre(1, 10));
}

TEST_F(LoadArraysTest, EqualDataHaveEqualFingerprintsAndOthersOthers) {
  const std::string labels = Labels("(1,)", {0});
  const Digest one = Load(SpecOf(Floats("(1, 2)", {1, 2}), labels)).value().Fingerprint();

  EXPECT_EQ(Load(SpecOf(Floats("(1, 2)", {1, 2}), labels)).value().Fingerprint(), one);
  EXPECT_NE(Load(SpecOf(Floats("(1, 2)", {1, 3}), labels)).value().Fingerprint(), one);
  EXPECT_NE(Load(SpecOf(Floats("(1, 1, 2)", {1, 2}), labels)).value().Fingerprint(), one);
}

}  // namespace
}  // namespace descent
