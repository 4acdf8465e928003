#include "worker/train/prediction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace descent {
namespace {

TEST(PredictionTest, ProbabilitiesAreTheSoftmaxOfTheLogits) {
  const auto found = ClassProbabilities(Loss::kCrossEntropy, std::vector<float>{1, 2, 4});

  const double sum = std::exp(1) + std::exp(2) + std::exp(4);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_NEAR(found[0], std::exp(1) / sum, 1e-12);
  EXPECT_NEAR(found[2], std::exp(4) / sum, 1e-12);
}

TEST(PredictionTest, LargeLogitsDoNotOverflow) {
  const auto found = ClassProbabilities(Loss::kCrossEntropy, std::vector<float>{3e38f, -3e38f});

  EXPECT_EQ(found, (std::vector<double>{1, 0}));
}

TEST(PredictionTest, OneLogitTellsTwoClasses) {
  const auto found = ClassProbabilities(Loss::kBinaryCrossEntropy, std::vector<float>{0.5});

  EXPECT_NEAR(found[1], 1 / (1 + std::exp(-0.5)), 1e-12);
  EXPECT_EQ(found[0] + found[1], 1);
}

TEST(PredictionTest, NumbersAreTheOutputsOrTheirProbabilities) {
  EXPECT_EQ(PredictedNumbers(Loss::kMse, std::vector<float>{2, -1}), (std::vector<double>{2, -1}));
  EXPECT_NEAR(PredictedNumber(Loss::kBinaryCrossEntropy, -1), 1 / (1 + std::exp(1)), 1e-12);
}

}  // namespace
}  // namespace descent
