#include "worker/data/load_image_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"
#include "tests/unit/data/image_writer.h"
#include "worker/data/image_dataset.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LoadImageFolderTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  // A file below the directory, with the folders on its way.
  void Write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((directory_.path() / name).parent_path());
    WriteBytes(Path(name), bytes);
  }

  JobSpec SpecOf(const std::string& folder, std::int64_t channels) const {
    JobSpec spec;
    spec.data.train = Split(folder);
    spec.data.images.channels = channels;
    return spec;
  }

  DatasetSpec Split(const std::string& folder) const {
    return {.path = Path(folder), .format = DataFormat::kImages};
  }

  static const LabelledImages& ImagesOf(const Dataset& dataset) {
    return dynamic_cast<const ImageDataset&>(dataset).images();
  }

  static std::string ProblemsOf(const JobSpec& spec) {
    const Status status = LoadImageFolder(spec).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    return status.message();
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(LoadImageFolderTest, AClassWhoseNameIsNotUtf8IsRefused) {
  Write("train/caf\xE9/1.png", PlainPng(1, 2, {30}));

  EXPECT_THAT(ProblemsOf(SpecOf("train", 1)), HasSubstr("/caf\xE9: the name is not UTF-8"));
}

TEST_F(LoadImageFolderTest, FoldersAreClassesInTheOrderOfTheirNames) {
  Write("train/dog/1.png", PlainPng(1, 2, {30}));
  Write("train/cat/2.png", PlainPng(1, 2, {20}));
  Write("train/cat/1.PNG", PlainPng(1, 2, {10}));

  const Datasets datasets = LoadImageFolder(SpecOf("train", 1)).value();

  const LabelledImages& images = ImagesOf(*datasets.train);
  EXPECT_THAT(images.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(images.labels, ElementsAre(0, 0, 1));
  EXPECT_THAT(images.pixels, ElementsAre(10, 10, 20, 20, 30, 30));
  EXPECT_EQ(datasets.train->format(),
            (SampleFormat{.feature_count = 2,
                          .class_count = 2,
                          .image = ImageShape{.channels = 1, .height = 1, .width = 2}}));
}

TEST_F(LoadImageFolderTest, PngAndJpegMayStandSideBySide) {
  Write("train/a/1.png", PlainPng(8, 8, {1, 2, 3}));
  Write("train/b/2.jpg", JpegBytes(8, 8, std::vector<std::uint8_t>(192, 50)));
  Write("train/b/3.jpeg", JpegBytes(8, 8, std::vector<std::uint8_t>(64, 50)));

  EXPECT_EQ(LoadImageFolder(SpecOf("train", 3)).value().train->sample_count(), 3);
}

TEST_F(LoadImageFolderTest, OtherAndHiddenFilesArePassedOver) {
  Write("train/a/1.png", PlainPng(1, 1, {1}));
  Write("train/a/notes.txt", "text");
  Write("train/a/.hidden.png", "not an image");
  Write("train/.cache/x.png", "not an image");
  Write("train/README", "text");

  const Datasets datasets = LoadImageFolder(SpecOf("train", 1)).value();

  EXPECT_EQ(datasets.train->sample_count(), 1);
  EXPECT_EQ(datasets.train->format().class_count, 1);
}

TEST_F(LoadImageFolderTest, AnotherSplitHasTheLabelsOfTheTrainingSet) {
  for (const char* name : {"a", "b", "c"})
    Write(std::string("train/") + name + "/1.png", PlainPng(1, 1, {1}));
  Write("validation/c/1.png", PlainPng(1, 1, {1}));
  JobSpec spec = SpecOf("train", 1);
  spec.data.validation = Split("validation");

  const Datasets datasets = LoadImageFolder(spec).value();

  EXPECT_THAT(ImagesOf(*datasets.validation).labels, ElementsAre(2));
  EXPECT_EQ(datasets.validation->format(), datasets.train->format());
}

TEST_F(LoadImageFolderTest, AClassThatTheTrainingSetLacksIsRefused) {
  Write("train/a/1.png", PlainPng(1, 1, {1}));
  Write("validation/z/1.png", PlainPng(1, 1, {1}));
  JobSpec spec = SpecOf("train", 1);
  spec.data.validation = Split("validation");

  EXPECT_EQ(ProblemsOf(spec), Path("validation/z") + ": must be one of the classes of the job");
}

TEST_F(LoadImageFolderTest, TheJobMayNameTheClassesInAnyOrder) {
  Write("train/cat/1.png", PlainPng(1, 1, {1}));
  Write("train/dog/1.png", PlainPng(1, 1, {1}));
  JobSpec spec = SpecOf("train", 1);
  spec.data.images.classes = {"dog", "bird", "cat"};

  const Datasets datasets = LoadImageFolder(spec).value();

  EXPECT_THAT(ImagesOf(*datasets.train).labels, ElementsAre(2, 0));
  EXPECT_EQ(datasets.train->format().class_count, 3);
}

TEST_F(LoadImageFolderTest, TheClassesOfTheTrainingSetAreKeptForPredictions) {
  Write("train/cat/1.png", PlainPng(1, 1, {1}));
  Write("train/dog/1.png", PlainPng(1, 1, {1}));
  const JobSpec spec = SpecOf("train", 1);
  const DataSpec fitted = FittedData(spec.data, LoadImageFolder(spec).value());
  Write("new/dog/1.png", PlainPng(1, 1, {1}));
  JobSpec later = spec;
  later.data = fitted;
  later.data.train.path = Path("new");

  EXPECT_THAT(ImagesOf(*LoadImageFolder(later).value().train).labels, ElementsAre(1));
}

TEST_F(LoadImageFolderTest, ImagesThatAModelIsAskedAboutNeedNoClasses) {
  Write("new/1.png", PlainPng(1, 2, {1}));
  Write("new/2.png", PlainPng(1, 2, {2}));
  JobSpec spec = SpecOf("new", 1);
  spec.data.may_lack_answers = true;

  const Datasets datasets = LoadImageFolder(spec).value();
  std::vector<float> features(4);
  datasets.train->CopySamples(std::vector<std::int64_t>{0, 1}, features, {}, {});

  EXPECT_EQ(datasets.train->sample_count(), 2);
  EXPECT_EQ(datasets.train->format().label_count, 0);
  EXPECT_FLOAT_EQ(features[3], 2.0f / 255);
}

TEST_F(LoadImageFolderTest, AnImageOfAnotherSizeIsRefused) {
  Write("train/a/1.png", PlainPng(4, 6, {1}));
  Write("train/a/2.png", PlainPng(6, 4, {1}));

  EXPECT_EQ(ProblemsOf(SpecOf("train", 1)),
            Path("train/a/2.png") +
                ": 6 x 4 pixels, must be 4 x 6 like the first image, or "
                "resized by data.images.size");
}

TEST_F(LoadImageFolderTest, ADeclaredSizeResizesAll) {
  Write("train/a/1.png", PlainPng(4, 6, {1}));
  Write("train/a/2.png", PlainPng(6, 4, {1}));
  JobSpec spec = SpecOf("train", 1);
  spec.data.images.size = {3, 2};

  EXPECT_EQ(LoadImageFolder(spec).value().train->format().image,
            (ImageShape{.channels = 1, .height = 3, .width = 2}));
}

TEST_F(LoadImageFolderTest, CorruptFilesOfAllSplitsComeAtOnce) {
  Write("train/a/1.png", PlainPng(2, 2, {1}));
  Write("train/a/2.png", "not an image");
  Write("train/b/3.png", PlainPng(2, 2, {1}).substr(0, 40));
  Write("test/a/4.jpg", "\xFF\xD8\xFF");
  JobSpec spec = SpecOf("train", 1);
  spec.data.test = Split("test");

  const std::string problems = ProblemsOf(spec);

  EXPECT_THAT(problems, HasSubstr(Path("train/a/2.png") + ": neither PNG nor JPEG\n"));
  EXPECT_THAT(problems, HasSubstr(Path("train/b/3.png") + ": corrupt PNG: "));
  EXPECT_THAT(problems, HasSubstr(Path("test/a/4.jpg") + ": corrupt JPEG: "));
}

TEST_F(LoadImageFolderTest, ManyCorruptFilesAreCounted) {
  for (int i = 0; i < 25; ++i) Write("train/a/" + std::to_string(100 + i) + ".png", "nothing");

  EXPECT_THAT(ProblemsOf(SpecOf("train", 1)), HasSubstr("119.png: neither PNG nor JPEG\nand 5"));
}

TEST_F(LoadImageFolderTest, AFolderWithoutClassesOrImagesIsRefused) {
  Write("empty/README", "text");
  Write("train/a/README", "text");

  EXPECT_EQ(ProblemsOf(SpecOf("empty", 1)),
            Path("empty") + ": no folders, must have one for each class");
  EXPECT_EQ(ProblemsOf(SpecOf("train", 1)),
            Path("train/a") + ": no images, must have PNG or JPEG files");
  EXPECT_THAT(ProblemsOf(SpecOf("missing", 1)), HasSubstr("missing"));
}

TEST_F(LoadImageFolderTest, TheFingerprintTellsClassesApart) {
  Write("one/a/1.png", PlainPng(1, 1, {1}));
  Write("other/b/1.png", PlainPng(1, 1, {1}));

  EXPECT_NE(LoadImageFolder(SpecOf("one", 1)).value().Fingerprint(),
            LoadImageFolder(SpecOf("other", 1)).value().Fingerprint());
}

}  // namespace
}  // namespace descent
