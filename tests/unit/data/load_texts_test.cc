#include "worker/data/load_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"

namespace descent {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kTextContextLength = 4;

class LoadTextsTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  DatasetSpec Split(const std::string& glob) const {
    return {
        .path = Path(glob), .format = DataFormat::kText, .range = {}, .fraction = {}, .stride = 1};
  }

  // Of training files alone.
  DataSpec CharSpec(const std::string& glob) const {
    return {.train = Split(glob), .tokenizer = Tokenizer::kChar};
  }

  static Result<Datasets> Load(const DataSpec& data) {
    JobSpec spec;
    spec.model.architecture = GptSpec{.context_length = kTextContextLength};
    spec.data = data;
    return LoadTexts(spec);
  }

  // What the samples of a split hold, as text: stride is 1.
  static std::string TextOf(const Dataset& dataset, const Vocabulary& vocabulary) {
    std::vector<std::int64_t> samples(static_cast<std::size_t>(dataset.sample_count()));
    std::iota(samples.begin(), samples.end(), 0);
    std::vector<std::int32_t> tokens(samples.size() * kTextContextLength);
    std::vector<std::int32_t> labels(tokens.size());
    dataset.CopySamples(samples, {}, tokens, labels);
    std::string text;
    for (std::size_t row = 0; row < samples.size(); ++row)
      text += vocabulary.Decode(tokens[row * kTextContextLength]);
    for (const std::int32_t label : std::span(labels).last(kTextContextLength))
      text += vocabulary.Decode(label);
    return text;
  }

  std::string ProblemsOf(const DataSpec& spec) const {
    const Result<Datasets> datasets = Load(spec);
    EXPECT_EQ(datasets.status().code(), Code::kInvalidArgument);
    return datasets.status().message();
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(LoadTextsTest, FilesFollowOneAnotherWithNothingInBetween) {
  WriteBytes(Path("b.txt"), "three");
  WriteBytes(Path("a.txt"), "one two ");

  const Datasets datasets = Load(CharSpec("*.txt")).value();

  EXPECT_EQ(TextOf(*datasets.train, *datasets.vocabulary), "one two three");
}

TEST_F(LoadTextsTest, AFractionIsThatPartOfTheTokens) {
  WriteBytes(Path("text"), "0123456789äöüßabcdef");
  DataSpec spec = CharSpec("text");
  spec.train.fraction = FractionRange{0.0, 0.52};
  spec.validation = Split("text");
  spec.validation->fraction = FractionRange{0.52, 1.0};

  const Datasets datasets = Load(spec).value();

  EXPECT_EQ(TextOf(*datasets.train, *datasets.vocabulary), "0123456789");
  EXPECT_EQ(TextOf(*datasets.validation, *datasets.vocabulary), "äöüßabcdef");
}

TEST_F(LoadTextsTest, CharactersAreThoseOfTheWholeTrainingText) {
  WriteBytes(Path("text"), "aaaaaaaaaaz");
  DataSpec spec = CharSpec("text");
  spec.train.fraction = FractionRange{0.0, 0.9};

  EXPECT_EQ(Load(spec).value().vocabulary->characters(), "az");
}

TEST_F(LoadTextsTest, AllSplitsHaveTheFormatOfTheTrainingSet) {
  WriteBytes(Path("train"), "abcdefghij");
  WriteBytes(Path("test"), "abcde");
  DataSpec spec = CharSpec("train");
  spec.test = Split("test");

  const Datasets datasets = Load(spec).value();

  EXPECT_EQ(datasets.test->format(), datasets.train->format());
  EXPECT_EQ(datasets.test->format().class_count, 10);
}

TEST_F(LoadTextsTest, AFileMaySayTheCharacters) {
  WriteBytes(Path("text"), "abcabc");
  WriteBytes(Path("characters"), "xyzabc");
  DataSpec spec = CharSpec("text");
  spec.vocabulary.vocab = Path("characters");

  const Datasets datasets = Load(spec).value();

  EXPECT_EQ(datasets.vocabulary->characters(), "abcxyz");
  EXPECT_EQ(datasets.train->format().class_count, 6);
}

TEST_F(LoadTextsTest, TheModelMayHaveMoreClassesThanThereAreTokens) {
  WriteBytes(Path("text"), "abcabc");
  DataSpec spec = CharSpec("text");
  spec.vocabulary.size = 64;

  EXPECT_EQ(Load(spec).value().train->format().class_count, 64);

  spec.vocabulary.size = 2;
  EXPECT_EQ(ProblemsOf(spec),
            "data.vocabulary_size: 2, must be at least the 3 tokens of the tokenizer");
}

TEST_F(LoadTextsTest, AnyBytesHaveByteTokens) {
  WriteBytes(Path("text"), "\xFF\xFE\xFD\xFC\xFB");

  const Datasets datasets = Load({.train = Split("text"), .tokenizer = Tokenizer::kByte}).value();

  EXPECT_EQ(TextOf(*datasets.train, *datasets.vocabulary), "\xFF\xFE\xFD\xFC\xFB");
}

TEST_F(LoadTextsTest, TheFingerprintTellsCharactersWithEqualTokensApart) {
  WriteBytes(Path("one"), "abcabc");
  WriteBytes(Path("other"), "xyzxyz");

  EXPECT_NE(Load(CharSpec("one")).value().Fingerprint(),
            Load(CharSpec("other")).value().Fingerprint());
}

TEST_F(LoadTextsTest, ACharacterThatTrainingLacksNamesFileAndLine) {
  WriteBytes(Path("train"), "abc\nabc\n");
  WriteBytes(Path("validation"), "abc\nabd\n");
  DataSpec spec = CharSpec("train");
  spec.validation = Split("validation");

  EXPECT_EQ(ProblemsOf(spec), Path("validation") +
                                  ": line 2: \"d\" (U+0064), must be one of the 4 characters of "
                                  "the training text");
}

TEST_F(LoadTextsTest, ProblemsOfAllFilesComeAtOnce) {
  WriteBytes(Path("a.txt"), "fine text");
  WriteBytes(Path("b.txt"), "one\n\xFF");
  WriteBytes(Path("c.txt"), "\xC0");
  DataSpec spec = CharSpec("*.txt");
  spec.test = Split("missing");

  EXPECT_EQ(ProblemsOf(spec),
            Path("b.txt") + ": line 2: byte 0xff is not UTF-8, which tokenizer: char needs\n" +
                Path("c.txt") + ": line 1: byte 0xc0 is not UTF-8, which tokenizer: char needs\n" +
                Path("missing") + ": no such file");
}

TEST_F(LoadTextsTest, AGlobThatSplitsShareIsToldOfOnce) {
  DataSpec spec = CharSpec("missing");
  spec.validation = spec.train;

  EXPECT_EQ(ProblemsOf(spec), Path("missing") + ": no such file");
}

TEST_F(LoadTextsTest, ATextThatIsTooShortNamesWhatWasFoundAndWanted) {
  WriteBytes(Path("train"), "abcdefghij");
  DataSpec spec = CharSpec("train");
  spec.validation = spec.train;
  spec.validation->fraction = FractionRange{0.7, 1.0};

  EXPECT_EQ(ProblemsOf(spec), "data.validation: " + Path("train") +
                                  " has 3 tokens, must be at least 5: the context length and one "
                                  "more");
}

TEST_F(LoadTextsTest, AnEmptyTrainingTextHasNoCharacters) {
  WriteBytes(Path("train"), "");

  EXPECT_THAT(ProblemsOf(CharSpec("train")), HasSubstr("0 distinct characters"));
}

}  // namespace
}  // namespace descent
