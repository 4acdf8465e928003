#include "common/gpt_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/spec_checker.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Violation> GptViolationsOf(const GptSpec& gpt) {
  SpecChecker checker;
  CheckGpt(gpt, checker);
  return checker.TakeViolations();
}

constexpr std::int64_t kWidth = 12;
GptSpec Tiny() { return {.layers = 1, .heads = 4, .embedding_size = kWidth, .context_length = 8}; }

TEST(GptSpecTest, APresetNamesTheSizesThatAreNotGiven) {
  const GptSpec gpt = WithPreset({.preset = "gpt2-medium", .context_length = 64});

  EXPECT_EQ(gpt.layers, 24);
  EXPECT_EQ(gpt.heads, 16);
  EXPECT_EQ(gpt.embedding_size, 1024);
  EXPECT_EQ(gpt.context_length, 64);
  EXPECT_THAT(GptViolationsOf(gpt), IsEmpty());
}

TEST(GptSpecTest, EveryPresetIsValid) {
  for (const char* preset : {"gpt2-small", "gpt2-medium", "gpt2-large", "gpt2-xl"})
    EXPECT_THAT(GptViolationsOf(WithPreset({.preset = preset})), IsEmpty()) << preset;
}

TEST(GptSpecTest, APresetThatThereIsNotIsRefused) {
  GptSpec gpt = Tiny();
  gpt.preset = "gpt3";

  EXPECT_THAT(GptViolationsOf(gpt),
              ElementsAre(Violation{"model.gpt.preset",
                                    "\"gpt3\", must be gpt2-small, gpt2-medium, gpt2-large or "
                                    "gpt2-xl"}));
}

TEST(GptSpecTest, RotaryPositionsNeedAnEvenWidthOfAHead) {
  GptSpec gpt = Tiny();
  EXPECT_THAT(GptViolationsOf(gpt), IsEmpty());

  gpt.positions = GptPositions::kRotary;

  EXPECT_THAT(GptViolationsOf(gpt),
              ElementsAre(Violation{"model.gpt.embedding_size",
                                    "12, or 3 for each head, must be even for each head, as rotary "
                                    "positions turn pairs"}));
}

TEST(GptSpecTest, AFeedForwardSizeIsNotNegative) {
  GptSpec gpt = Tiny();
  gpt.feed_forward_size = -1;

  EXPECT_THAT(GptViolationsOf(gpt),
              ElementsAre(Violation{"model.gpt.feed_forward_size", "-1, must be at least 0"}));
}

TEST(GptSpecTest, ThreeMatricesAreAsManyWeightsAsTwo) {
  GptSpec gpt{.embedding_size = 768};
  EXPECT_EQ(FeedForwardSizeOf(gpt), 3072);

  gpt.activation = GptActivation::kSwiglu;
  EXPECT_EQ(FeedForwardSizeOf(gpt), 2048);

  gpt.feed_forward_size = 100;
  EXPECT_EQ(FeedForwardSizeOf(gpt), 100);
}

}  // namespace
}  // namespace descent
