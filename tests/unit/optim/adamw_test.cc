#include "worker/optim/adamw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

namespace descent {
namespace {

using Values = std::vector<float>;

constexpr AdamWOptions kOptions = {
    .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8, .weight_decay = 0.1};

// Smooth, of both signs, and different for each element and step.
Values MakeValues(std::size_t size, double phase) {
  Values values(size);
  for (std::size_t i = 0; i < size; ++i)
    values[i] = static_cast<float>(std::sin(phase + 0.7 * static_cast<double>(i)));
  return values;
}

bool HaveSameBits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

// The paper's algorithm in double, one weight.
struct ReferenceAdamW {
  double weight;
  double mean = 0;
  double variance = 0;

  void Step(int t, double lr, double decay, double grad) {
    mean = kOptions.beta1 * mean + (1 - kOptions.beta1) * grad;
    variance = kOptions.beta2 * variance + (1 - kOptions.beta2) * grad * grad;
    const double unbiased_mean = mean / (1 - std::pow(kOptions.beta1, t));
    const double unbiased_variance = variance / (1 - std::pow(kOptions.beta2, t));
    weight -= lr * decay * weight;
    weight -= lr * unbiased_mean / (std::sqrt(unbiased_variance) + kOptions.epsilon);
  }
};

// The first step moves by lr in the gradient's direction: m and sqrt(v) are both |g| unbiased.
TEST(AdamWTest, TheFirstStepMovesEveryWeightByTheLearningRate) {
  AdamW optimizer({.weight_decay = 0}, 3, {});
  Values weights = {1, 1, 1};

  optimizer.Step(0.25, 1, Values{5, -0.01f, 0}, weights);

  EXPECT_NEAR(weights[0], 0.75, 1e-6);
  EXPECT_NEAR(weights[1], 1.25, 1e-6);
  EXPECT_EQ(weights[2], 1);
}

TEST(AdamWTest, DecayAloneScalesTheWeightByTheLearningRate) {
  AdamW optimizer({.weight_decay = 0.5}, 1, {});
  Values weights = {4};

  optimizer.Step(0.25, 1, Values{0}, weights);

  EXPECT_EQ(weights[0], 3.5f);
}

// Each step rounds about ten times, each by at most 2^-24 of values below 2; 20 steps.
TEST(AdamWTest, TwentyStepsAgreeWithTheFormulaInDouble) {
  constexpr double kTolerance = 20 * 10 * 2 * 0x1p-24;
  constexpr std::size_t kSize = 77;
  AdamW optimizer(kOptions, kSize, {});
  Values weights = MakeValues(kSize, 0);
  std::vector<ReferenceAdamW> references;
  for (const float weight : weights) references.push_back({.weight = weight});

  for (int t = 1; t <= 20; ++t) {
    const Values grads = MakeValues(kSize, 1.3 * t);
    optimizer.Step(0.01, 0.125, grads, weights);
    for (std::size_t i = 0; i < kSize; ++i)
      references[i].Step(t, 0.01, kOptions.weight_decay, 0.125 * double{grads[i]});
  }

  for (std::size_t i = 0; i < kSize; ++i)
    EXPECT_NEAR(weights[i], references[i].weight, kTolerance) << i;
}

TEST(AdamWTest, TheGradientScaleIsAppliedBeforeAnythingElse) {
  AdamW scaled(kOptions, 50, {});
  AdamW plain(kOptions, 50, {});
  Values grads = MakeValues(50, 1);
  Values scaled_weights = MakeValues(50, 0);
  Values plain_weights = scaled_weights;

  scaled.Step(0.01, 0.25, grads, scaled_weights);
  for (float& grad : grads) grad *= 0.25f;
  plain.Step(0.01, 1, grads, plain_weights);

  EXPECT_TRUE(HaveSameBits(scaled_weights, plain_weights));
}

TEST(AdamWTest, RangesWithoutDecayAreLeftAloneByIt) {
  const std::vector<IndexRange> no_decay = {{0, 2}, {5, 6}};
  AdamW optimizer({.weight_decay = 0.5}, 7, no_decay);
  Values weights(7, 4.0f);

  optimizer.Step(0.25, 1, Values(7, 0.0f), weights);

  EXPECT_EQ(weights, (Values{4, 4, 3.5f, 3.5f, 3.5f, 4, 3.5f}));
}

TEST(AdamWTest, PaddingOfZerosStaysZero) {
  AdamW optimizer(kOptions, 20, {});
  Values weights(20, 0.0f);

  for (int step = 0; step < 3; ++step) optimizer.Step(0.01, 1, Values(20, 0.0f), weights);

  EXPECT_TRUE(HaveSameBits(weights, Values(20, 0.0f)));
}

// Cuts of every size put each element now in a vector's body, now in a tail, at every alignment.
TEST(AdamWTest, AnyCutOfTheArenaGivesTheSameBits) {
  constexpr std::int64_t kSize = 211;
  const std::vector<IndexRange> no_decay = {{30, 47}};
  AdamW whole(kOptions, kSize, no_decay);
  Values whole_weights = MakeValues(kSize, 0);
  for (int step = 0; step < 3; ++step)
    whole.Step(0.01, 0.5, MakeValues(kSize, step), whole_weights);

  for (std::int64_t piece = 1; piece <= 70; ++piece) {
    AdamW cut(kOptions, kSize, no_decay);
    Values weights = MakeValues(kSize, 0);
    for (int step = 0; step < 3; ++step) {
      const AdamWFactors factors = cut.BeginStep(0.01, 0.5);
      for (std::int64_t first = 0; first < kSize; first += piece)
        cut.UpdateRange(factors, {first, std::min(first + piece, kSize)}, MakeValues(kSize, step),
                        weights);
    }
    ASSERT_TRUE(HaveSameBits(weights, whole_weights)) << piece;
    ASSERT_TRUE(HaveSameBits(cut.mean(), whole.mean())) << piece;
    ASSERT_TRUE(HaveSameBits(cut.variance(), whole.variance())) << piece;
  }
}

TEST(AdamWTest, ARestoredOptimizerContinuesWithTheSameBits) {
  AdamW original(kOptions, 100, {});
  Values weights = MakeValues(100, 0);
  for (int step = 0; step < 5; ++step) original.Step(0.01, 1, MakeValues(100, step), weights);
  Values restored_weights = weights;

  AdamW restored(kOptions, 100, {});
  restored.Restore(original.steps_done(), original.mean(), original.variance());
  original.Step(0.01, 1, MakeValues(100, 5), weights);
  restored.Step(0.01, 1, MakeValues(100, 5), restored_weights);

  EXPECT_EQ(restored.steps_done(), 6);
  EXPECT_TRUE(HaveSameBits(restored_weights, weights));
}

TEST(AdamWDeathTest, RangesWithoutDecayThatOverlapAreRefused) {
  EXPECT_DEATH(AdamW(kOptions, 10, std::vector<IndexRange>{{0, 4}, {3, 5}}), "covered");
}

TEST(AdamWDeathTest, GradientsOfAnotherSizeAreRefused) {
  AdamW optimizer(kOptions, 4, {});
  Values weights(4);

  EXPECT_DEATH(optimizer.Step(0.01, 1, Values(3), weights), "grads.size");
}

}  // namespace
}  // namespace descent
