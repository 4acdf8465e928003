#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"
#include "tests/unit/data/image_writer.h"
#include "tests/unit/data/npy_writer.h"
#include "worker/data/load_datasets.h"
#include "worker/data/sampled_dataset.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Of every format the files that a sample is read from.
class FilesOfSamplesTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  void Write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((directory_.path() / name).parent_path());
    WriteBytes(Path(name), bytes);
  }

  JobSpec SpecOf(const std::string& path, DataFormat format) const {
    JobSpec spec;
    spec.data.train = {.path = Path(path), .format = format};
    return spec;
  }

  JobSpec SpecOfText(const std::string& path, DataFormat format) const {
    JobSpec spec = SpecOf(path, format);
    spec.model.architecture =
        GptSpec{.layers = 1, .heads = 1, .embedding_size = 2, .context_length = 2};
    spec.data.train.stride = 2;
    return spec;
  }

  JobSpec SpecOfFolder() const {
    Write("train/cat/1.png", PlainPng(1, 2, {10}));
    Write("train/cat/2.png", PlainPng(1, 2, {20}));
    Write("train/dog/1.png", PlainPng(1, 2, {30}));
    JobSpec spec = SpecOf("train", DataFormat::kImages);
    spec.data.images.channels = 1;
    return spec;
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(FilesOfSamplesTest, OfIdxTheImages) {
  WriteIdxPair(Path("train"), {0, 1});
  const Datasets datasets = LoadDatasets(SpecOf("train", DataFormat::kIdx)).value();

  EXPECT_THAT(datasets.train->FilesOf(1), ElementsAre(Path("train-images-idx3-ubyte")));
}

TEST_F(FilesOfSamplesTest, OfAFolderTheImage) {
  JobSpec spec = SpecOfFolder();
  spec.data.train.range = IndexRange{1, 3};
  const Datasets datasets = LoadDatasets(spec).value();

  EXPECT_THAT(datasets.train->FilesOf(0), ElementsAre(Path("train/cat/2.png")));
  EXPECT_THAT(datasets.train->FilesOf(1), ElementsAre(Path("train/dog/1.png")));
}

TEST_F(FilesOfSamplesTest, OfCifarTheFileWithTheRecord) {
  const std::string record(3073, 1);
  Write("batch_1.bin", record + record);
  Write("batch_2.bin", record + record);
  Write("batch_3.bin", record);
  JobSpec spec = SpecOf("batch_*.bin", DataFormat::kCifar10);
  spec.data.train.range = IndexRange{3, 5};
  const Datasets datasets = LoadDatasets(spec).value();

  EXPECT_THAT(datasets.train->FilesOf(0), ElementsAre(Path("batch_2.bin")));
  EXPECT_THAT(datasets.train->FilesOf(1), ElementsAre(Path("batch_3.bin")));
}

TEST_F(FilesOfSamplesTest, OfATableTheTable) {
  Write("train.csv", "x,y\n1,2\n3,4\n");
  JobSpec spec = SpecOf("train.csv", DataFormat::kCsv);
  spec.data.table.targets = {"y"};
  spec.data.normalize.from = NormalizeFrom::kTrainingSet;
  const Datasets datasets = LoadDatasets(spec).value();

  EXPECT_THAT(datasets.train->FilesOf(1), ElementsAre(Path("train.csv")));
}

TEST_F(FilesOfSamplesTest, OfArraysTheFeaturesAndTheTargets) {
  Write("x.npy", NpyBytes("<f4", "(2, 1)", BytesOf(std::vector<float>{1, 2})));
  Write("y.npy", NpyBytes("<f4", "(2,)", BytesOf(std::vector<float>{3, 4})));
  JobSpec spec = SpecOf("x.npy", DataFormat::kNpy);
  spec.data.train.targets = Path("y.npy");
  const Datasets datasets = LoadDatasets(spec).value();

  EXPECT_THAT(datasets.train->FilesOf(0), ElementsAre(Path("x.npy"), Path("y.npy")));
}

// Samples of three tokens, labels included: [0, 3) and [2, 5) of [0, 4) in one file and [4, 6).
TEST_F(FilesOfSamplesTest, OfTokensAllFilesThatASampleReachesInto) {
  Write("1.bin", std::string({1, 0, 2, 0, 3, 0, 4, 0}));
  Write("2.bin", std::string({5, 0, 6, 0}));
  JobSpec spec = SpecOfText("*.bin", DataFormat::kTokens);
  spec.data.vocabulary.size = 8;
  const Datasets datasets = LoadDatasets(spec).value();

  EXPECT_THAT(datasets.train->FilesOf(0), ElementsAre(Path("1.bin")));
  EXPECT_THAT(datasets.train->FilesOf(1), ElementsAre(Path("1.bin"), Path("2.bin")));
}

// The last three quarters of eight bytes: [2, 8).
TEST_F(FilesOfSamplesTest, OfATextAllFilesThatASampleReachesInto) {
  Write("1.txt", "abcde");
  Write("2.txt", "fgh");
  JobSpec spec = SpecOfText("*.txt", DataFormat::kText);
  spec.data.tokenizer = Tokenizer::kByte;
  spec.data.train.fraction = FractionRange{0.25, 1};
  const Datasets datasets = LoadDatasets(spec).value();

  EXPECT_THAT(datasets.train->FilesOf(0), ElementsAre(Path("1.txt")));
  EXPECT_THAT(datasets.train->FilesOf(1), ElementsAre(Path("1.txt"), Path("2.txt")));
}

TEST_F(FilesOfSamplesTest, OfComputedSamplesNone) {
  JobSpec spec;
  spec.data.train = {.format = DataFormat::kSynthetic, .samples = 3};
  const Datasets datasets = LoadDatasets(spec).value();

  EXPECT_THAT(datasets.train->FilesOf(0), IsEmpty());
}

// Of an image the pixel tells the file, whatever the samples are called.
TEST_F(FilesOfSamplesTest, AreThoseOfTheSampleInTheWholeSet) {
  JobSpec spec = SpecOfFolder();
  spec.data.validation = DatasetSpec{.format = DataFormat::kImages, .train_fraction = 0.4};
  spec.model.ignore_index = 7;
  const Datasets datasets = LoadDatasets(spec).value();
  const SampledDataset drawn(*datasets.train, /*seed=*/3, datasets.train->sample_count());

  for (const Dataset* split :
       {datasets.train.get(), datasets.validation.get(), static_cast<const Dataset*>(&drawn)})
    for (std::int64_t sample = 0; sample < split->sample_count(); ++sample) {
      std::vector<float> features(2);
      std::vector<std::int32_t> labels(1);
      split->CopySamples(std::span(&sample, 1), features, {}, labels);
      const std::string wanted = features[0] > 25 / 255.0f   ? "train/dog/1.png"
                                 : features[0] > 15 / 255.0f ? "train/cat/2.png"
                                                             : "train/cat/1.png";
      EXPECT_THAT(split->FilesOf(sample), ElementsAre(Path(wanted)));
    }
}

}  // namespace
}  // namespace descent
