#include "worker/generate/token_sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace descent {
namespace {

constexpr int kDraws = 20000;

// How often each token is drawn, of all draws.
std::vector<double> Shares(const std::vector<float>& logits, const SamplingOptions& options) {
  std::vector<double> shares(logits.size());
  for (int index = 0; index < kDraws; ++index)
    shares[static_cast<std::size_t>(SampleToken(logits, options, index))] += 1.0 / kDraws;
  return shares;
}

// Four deviations of a share of one half: a fair sampler is outside once in 16000 keys, and the key
// is fixed.
constexpr double kTolerance = 4 * 0.5 / 141;

TEST(TokenSamplerTest, TokensAreDrawnWithTheirProbabilities) {
  const std::vector<float> logits = {std::log(0.2f), std::log(0.5f), std::log(0.3f)};

  const std::vector<double> shares = Shares(logits, {});

  EXPECT_NEAR(shares[0], 0.2, kTolerance);
  EXPECT_NEAR(shares[1], 0.5, kTolerance);
  EXPECT_NEAR(shares[2], 0.3, kTolerance);
}

TEST(TokenSamplerTest, TheTemperatureDividesTheLogits) {
  const std::vector<float> logits = {std::log(1.0f), std::log(2.0f)};

  // Squared odds: 1 to 4.
  EXPECT_NEAR(Shares(logits, {.temperature = 0.5})[1], 0.8, kTolerance);
}

TEST(TokenSamplerTest, TemperatureZeroTakesTheFirstOfTheLikeliest) {
  for (int index = 0; index < 100; ++index)
    EXPECT_EQ(SampleToken(std::vector<float>{1, 3, 3, 2}, {.temperature = 0}, index), 1);
}

TEST(TokenSamplerTest, OnlyTheTopTokensAreDrawn) {
  const std::vector<float> logits = {0.5f, 1, 1, 1};
  std::set<std::int64_t> drawn;

  for (int index = 0; index < 1000; ++index) drawn.insert(SampleToken(logits, {.top_k = 2}, index));

  EXPECT_EQ(drawn, (std::set<std::int64_t>{1, 2}));
}

TEST(TokenSamplerTest, ATopThatIsLargerThanTheVocabularyIsAllOfIt) {
  const std::vector<float> logits = {0, 1, 2};

  for (int index = 0; index < 100; ++index)
    EXPECT_EQ(SampleToken(logits, {.top_k = 50}, index), SampleToken(logits, {}, index));
}

TEST(TokenSamplerTest, HugeLogitsDoNotOverflow) {
  EXPECT_EQ(SampleToken(std::vector<float>{-1e30f, 3e38f}, {.temperature = 1e-3}, 0), 1);
}

TEST(TokenSamplerTest, EqualSeedsDrawEqualTokensAndOthersDoNot) {
  const std::vector<float> logits(100);
  std::vector<std::int64_t> first, again, other;

  for (int index = 0; index < 50; ++index) {
    first.push_back(SampleToken(logits, {.seed = 7}, index));
    again.push_back(SampleToken(logits, {.seed = 7}, index));
    other.push_back(SampleToken(logits, {.seed = 8}, index));
  }

  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
}

}  // namespace
}  // namespace descent
