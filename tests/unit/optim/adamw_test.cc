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

// The rule with moments of its own, updated in place.
class Optimizer {
 public:
  Optimizer(const AdamWOptions& options, std::int64_t size, std::span<const IndexRange> no_decay)
      : rule_(options, size, no_decay),
        mean(static_cast<std::size_t>(size)),
        variance(static_cast<std::size_t>(size)) {}

  AdamWFactors BeginStep(double learning_rate, double grad_scale) {
    return rule_.FactorsOf(++step_, learning_rate, grad_scale);
  }
  void UpdateRange(const AdamWFactors& factors, IndexRange range, std::span<const float> grads,
                   std::span<float> weights) {
    const AdamWArenas arenas{.weights = weights, .mean = mean, .variance = variance};
    rule_.UpdateRange(factors, range, grads, arenas, arenas);
  }
  void Step(double learning_rate, double grad_scale, std::span<const float> grads,
            std::span<float> weights) {
    const AdamWFactors factors = BeginStep(learning_rate, grad_scale);
    UpdateRange(factors, {0, static_cast<std::int64_t>(weights.size())}, grads, weights);
  }

 private:
  const AdamW rule_;
  std::int64_t step_ = 0;

 public:
  Values mean;
  Values variance;
};

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
  Optimizer optimizer({.weight_decay = 0}, 3, {});
  Values weights = {1, 1, 1};

  optimizer.Step(0.25, 1, Values{5, -0.01f, 0}, weights);

  EXPECT_NEAR(weights[0], 0.75, 1e-6);
  EXPECT_NEAR(weights[1], 1.25, 1e-6);
  EXPECT_EQ(weights[2], 1);
}

TEST(AdamWTest, DecayAloneScalesTheWeightByTheLearningRate) {
  Optimizer optimizer({.weight_decay = 0.5}, 1, {});
  Values weights = {4};

  optimizer.Step(0.25, 1, Values{0}, weights);

  EXPECT_EQ(weights[0], 3.5f);
}

// Each step rounds about ten times, each by at most 2^-24 of values below 2; 20 steps.
TEST(AdamWTest, TwentyStepsAgreeWithTheFormulaInDouble) {
  constexpr double kTolerance = 20 * 10 * 2 * 0x1p-24;
  constexpr std::size_t kSize = 77;
  Optimizer optimizer(kOptions, kSize, {});
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
  Optimizer scaled(kOptions, 50, {});
  Optimizer plain(kOptions, 50, {});
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
  Optimizer optimizer({.weight_decay = 0.5}, 7, no_decay);
  Values weights(7, 4.0f);

  optimizer.Step(0.25, 1, Values(7, 0.0f), weights);

  EXPECT_EQ(weights, (Values{4, 4, 3.5f, 3.5f, 3.5f, 4, 3.5f}));
}

TEST(AdamWTest, PaddingOfZerosStaysZero) {
  Optimizer optimizer(kOptions, 20, {});
  Values weights(20, 0.0f);

  for (int step = 0; step < 3; ++step) optimizer.Step(0.01, 1, Values(20, 0.0f), weights);

  EXPECT_TRUE(HaveSameBits(weights, Values(20, 0.0f)));
}

// Cuts of every size put each element now in a vector's body, now in a tail, at every alignment.
TEST(AdamWTest, AnyCutOfTheArenaGivesTheSameBits) {
  constexpr std::int64_t kSize = 211;
  const std::vector<IndexRange> no_decay = {{30, 47}};
  Optimizer whole(kOptions, kSize, no_decay);
  Values whole_weights = MakeValues(kSize, 0);
  for (int step = 0; step < 3; ++step)
    whole.Step(0.01, 0.5, MakeValues(kSize, step), whole_weights);

  for (std::int64_t piece = 1; piece <= 70; ++piece) {
    Optimizer cut(kOptions, kSize, no_decay);
    Values weights = MakeValues(kSize, 0);
    for (int step = 0; step < 3; ++step) {
      const AdamWFactors factors = cut.BeginStep(0.01, 0.5);
      for (std::int64_t first = 0; first < kSize; first += piece)
        cut.UpdateRange(factors, {first, std::min(first + piece, kSize)}, MakeValues(kSize, step),
                        weights);
    }
    ASSERT_TRUE(HaveSameBits(weights, whole_weights)) << piece;
    ASSERT_TRUE(HaveSameBits(cut.mean, whole.mean)) << piece;
    ASSERT_TRUE(HaveSameBits(cut.variance, whole.variance)) << piece;
  }
}

// Large enough for stores that go past the caches, and not a whole number of vectors.
TEST(AdamWTest, NewValuesWrittenElsewhereHaveTheBitsOfAnUpdateInPlace) {
  constexpr std::int64_t kSize = (std::int64_t{4} << 20) + 5;
  const auto size = static_cast<std::size_t>(kSize);
  const AdamW rule(kOptions, kSize, {});
  const AdamWFactors factors = rule.FactorsOf(3, 0.01, 0.5);
  const Values grads = MakeValues(size, 1);
  Values weights = MakeValues(size, 0);
  Values mean = MakeValues(size, 2);
  Values variance(size, 0.25f);
  Values new_weights(size);
  Values new_mean(size);
  Values new_variance(size);
  const AdamWArenas from{.weights = weights, .mean = mean, .variance = variance};

  rule.UpdateRange(factors, {0, kSize}, grads, from,
                   {.weights = new_weights, .mean = new_mean, .variance = new_variance});
  rule.UpdateRange(factors, {0, kSize}, grads, from, from);

  EXPECT_TRUE(HaveSameBits(new_weights, weights));
  EXPECT_TRUE(HaveSameBits(new_mean, mean));
  EXPECT_TRUE(HaveSameBits(new_variance, variance));
}

TEST(AdamWDeathTest, RangesWithoutDecayThatOverlapAreRefused) {
  EXPECT_DEATH(AdamW(kOptions, 10, std::vector<IndexRange>{{0, 4}, {3, 5}}), "covered");
}

TEST(AdamWDeathTest, GradientsOfAnotherSizeAreRefused) {
  Optimizer optimizer(kOptions, 4, {});
  Values weights(4);

  EXPECT_DEATH(optimizer.Step(0.01, 1, Values(3), weights), "grads.size");
}

}  // namespace
}  // namespace descent
