#include "worker/data/load_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"
#include "worker/data/token_file.h"

namespace descent {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kContextLength = 2;

class LoadTokensTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  void Write(const std::string& name, const std::vector<std::uint16_t>& tokens,
             const std::string& header = "") const {
    const std::string bytes(reinterpret_cast<const char*>(tokens.data()), tokens.size() * 2);
    WriteBytes(Path(name), header + bytes);
  }

  // A job that trains on these files, of tokens below 10.
  JobSpec SpecOf(const std::string& glob) const {
    JobSpec spec;
    spec.model.architecture =
        GptSpec{.layers = 1, .heads = 1, .embedding_size = 4, .context_length = kContextLength};
    spec.data.train = Split(glob);
    spec.data.vocabulary.size = 10;
    return spec;
  }

  DatasetSpec Split(const std::string& glob) const {
    return {.path = Path(glob), .format = DataFormat::kTokens, .stride = 1};
  }

  static std::string ProblemsOf(const JobSpec& spec) {
    const Status status = LoadTokens(spec).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    return status.message();
  }

  // The first token of each sample, which are all but the last two of a split.
  static std::vector<std::int32_t> StartsOf(const Dataset& dataset) {
    std::vector<std::int64_t> samples(static_cast<std::size_t>(dataset.sample_count()));
    std::iota(samples.begin(), samples.end(), 0);
    std::vector<std::int32_t> tokens(samples.size() * kContextLength);
    std::vector<std::int32_t> labels(tokens.size());
    dataset.CopySamples(samples, {}, tokens, labels);
    std::vector<std::int32_t> starts;
    for (std::size_t i = 0; i < tokens.size(); i += kContextLength) starts.push_back(tokens[i]);
    return starts;
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(LoadTokensTest, FilesOfAGlobFollowOneAnotherWithAHeaderOrWithout) {
  Write("b.bin", {4, 5, 6}, TokenFileHeader(TokenType::kUint16, 3));
  Write("a.bin", {1, 2, 3});

  const Datasets datasets = LoadTokens(SpecOf("*.bin")).value();

  EXPECT_THAT(StartsOf(*datasets.train), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(datasets.train->format().class_count, 10);
  EXPECT_EQ(datasets.vocabulary, std::nullopt);
}

TEST_F(LoadTokensTest, AFractionIsThatPartOfTheTokens) {
  Write("a.bin", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  JobSpec spec = SpecOf("a.bin");
  spec.data.train.fraction = FractionRange{0, 0.6};
  spec.data.validation = Split("a.bin");
  spec.data.validation->fraction = FractionRange{0.6, 1};

  const Datasets datasets = LoadTokens(spec).value();

  EXPECT_THAT(StartsOf(*datasets.train), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(StartsOf(*datasets.validation), ElementsAre(6, 7));
}

TEST_F(LoadTokensTest, ATokenizerSaysWhatTokensStandFor) {
  Write("a.bin", {'a', 'b', 'c'});
  JobSpec spec = SpecOf("a.bin");
  spec.data.vocabulary.size = 0;
  spec.data.tokenizer = Tokenizer::kByte;

  const Datasets datasets = LoadTokens(spec).value();

  EXPECT_EQ(datasets.vocabulary, Vocabulary::Bytes());
  EXPECT_EQ(datasets.train->format().class_count, 256);
}

TEST_F(LoadTokensTest, TokensBeyondTheVocabularyNameFileAndIndexOfAllSplits) {
  Write("a.bin", {1, 2, 10, 11});
  Write("b.bin", {1, 2, 3});
  Write("c.bin", {1, 2, 60000});
  JobSpec spec = SpecOf("[ab].bin");
  spec.data.test = Split("c.bin");

  EXPECT_EQ(ProblemsOf(spec),
            Path("a.bin") +
                ": token 10 at index 2 (and 1 more), must be below the vocabulary's "
                "size 10\n" +
                Path("c.bin") + ": token 60000 at index 2, must be below the vocabulary's size 10");
}

TEST_F(LoadTokensTest, TokensThatNoSplitReadsMayBeAnything) {
  Write("a.bin", {1, 2, 3, 4, 5, 99});
  JobSpec spec = SpecOf("a.bin");
  spec.data.train.fraction = FractionRange{0, 0.8};

  EXPECT_TRUE(LoadTokens(spec).ok());
}

TEST_F(LoadTokensTest, ProblemsOfAllFilesComeAtOnce) {
  WriteBytes(Path("a.bin"), "odd");
  WriteBytes(Path("b.bin"), "also odd!");
  JobSpec spec = SpecOf("*.bin");
  spec.data.validation = Split("missing");

  EXPECT_EQ(ProblemsOf(spec),
            Path("a.bin") + ": 3 bytes, must be a multiple of 2, as its tokens are uint16\n" +
                Path("b.bin") + ": 9 bytes, must be a multiple of 2, as its tokens are uint16\n" +
                Path("missing") + ": no such file");
}

TEST_F(LoadTokensTest, ASplitShorterThanASampleIsRefused) {
  Write("a.bin", {1, 2});

  EXPECT_EQ(ProblemsOf(SpecOf("a.bin")),
            Path("a.bin") + " has 2 tokens, must be at least 3: the context length and one more");
}

}  // namespace
}  // namespace descent
