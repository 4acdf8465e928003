#include "worker/data/text_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace descent {
namespace {

using testing::ElementsAre;

// Token i is i % 100, but for the last one, if it is given.
TextDataset::Options Counting(std::size_t count, std::int64_t context_length, std::int64_t stride,
                              std::optional<std::uint32_t> last = {}) {
  std::vector<std::uint32_t> tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<std::uint32_t>(i % 100);
  if (last) tokens.back() = *last;
  TextDataset::Options options{
      .tokens = {}, .vocabulary_size = 100, .context_length = context_length, .stride = stride};
  options.tokens.Append(tokens, TokenType::kUint16, "text");
  return options;
}

TEST(TextDatasetTest, TheFormatIsTokensWithALabelEach) {
  const auto dataset = TextDataset::Create(Counting(20, 4, 4)).value();

  EXPECT_EQ(
      dataset->format(),
      (SampleFormat{.feature_count = 0, .token_count = 4, .label_count = 4, .class_count = 100}));
}

TEST(TextDatasetTest, LabelsAreTheTokensThatFollow) {
  const auto dataset = TextDataset::Create(Counting(20, 4, 3)).value();
  const std::vector<std::int64_t> samples = {2, 0};
  std::vector<std::int32_t> tokens(8);
  std::vector<std::int32_t> labels(8);

  dataset->CopySamples(samples, {}, tokens, labels);

  EXPECT_THAT(tokens, ElementsAre(6, 7, 8, 9, 0, 1, 2, 3));
  EXPECT_THAT(labels, ElementsAre(7, 8, 9, 10, 1, 2, 3, 4));
}

TEST(TextDatasetTest, SamplesAreThoseWhoseLastLabelIsThere) {
  EXPECT_EQ(TextDataset::Create(Counting(5, 4, 4)).value()->sample_count(), 1);
  EXPECT_EQ(TextDataset::Create(Counting(8, 4, 4)).value()->sample_count(), 1);
  EXPECT_EQ(TextDataset::Create(Counting(9, 4, 4)).value()->sample_count(), 2);
  EXPECT_EQ(TextDataset::Create(Counting(20, 4, 1)).value()->sample_count(), 16);
  EXPECT_EQ(TextDataset::Create(Counting(20, 4, 100)).value()->sample_count(), 1);
}

TEST(TextDatasetTest, ATextShorterThanASampleIsRefused) {
  const auto dataset = TextDataset::Create(Counting(4, 4, 4));

  EXPECT_EQ(dataset.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(dataset.status().message(),
            "4 tokens, must be at least 5: the context length and one more");
}

TEST(TextDatasetTest, TheFingerprintCoversTokensAndFormat) {
  const Digest digest = TextDataset::Create(Counting(20, 4, 4)).value()->Fingerprint();
  TextDataset::Options other_vocabulary = Counting(20, 4, 4);
  other_vocabulary.vocabulary_size = 101;

  EXPECT_EQ(TextDataset::Create(Counting(20, 4, 4)).value()->Fingerprint(), digest);
  EXPECT_NE(TextDataset::Create(Counting(20, 4, 4, 7)).value()->Fingerprint(), digest);
  EXPECT_NE(TextDataset::Create(std::move(other_vocabulary)).value()->Fingerprint(), digest);
  EXPECT_NE(TextDataset::Create(Counting(20, 5, 4)).value()->Fingerprint(), digest);
  EXPECT_NE(TextDataset::Create(Counting(20, 4, 5)).value()->Fingerprint(), digest);
}

TEST(TextDatasetDeathTest, ASampleOutsideTheTextIsABug) {
  const auto dataset = TextDataset::Create(Counting(20, 4, 4)).value();
  const std::vector<std::int64_t> samples = {4};
  std::vector<std::int32_t> tokens(4);
  std::vector<std::int32_t> labels(4);

  EXPECT_DEATH(dataset->CopySamples(samples, {}, tokens, labels), "check failed");
}

}  // namespace
}  // namespace descent
