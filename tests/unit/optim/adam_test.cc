#include "worker/optim/adam.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "tests/unit/optim/optimizer_run.h"

namespace descent {
namespace {

using Values = std::vector<float>;
using Decay = AdamOptions::Decay;

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.99;
constexpr double kEpsilon = 1e-8;

OptimizerRun RunOf(Decay decay, double weight_decay, Values weights) {
  const AdamOptions options = {
      .decay = decay, .beta1 = kBeta1, .beta2 = kBeta2, .epsilon = kEpsilon};
  const auto size = std::ssize(weights);
  return OptimizerRun(std::make_unique<Adam>(options),
                      OneRule(size, {.weight_decay = weight_decay}), std::move(weights));
}

// The papers' algorithms in double, one weight.
struct ReferenceAdam {
  double weight;
  double mean = 0;
  double variance = 0;

  void Step(int t, Decay kind, double lr, double decay, double grad) {
    if (kind == Decay::kInGradient) grad += decay * weight;
    mean = kBeta1 * mean + (1 - kBeta1) * grad;
    variance = kBeta2 * variance + (1 - kBeta2) * grad * grad;
    const double unbiased_mean = mean / (1 - std::pow(kBeta1, t));
    const double unbiased_variance = variance / (1 - std::pow(kBeta2, t));
    if (kind == Decay::kDecoupled) weight -= lr * decay * weight;
    weight -= lr * unbiased_mean / (std::sqrt(unbiased_variance) + kEpsilon);
  }
};

// The first step moves by lr in the gradient's direction: m and sqrt(v) are both |g| unbiased.
TEST(AdamTest, TheFirstStepMovesEveryWeightByTheLearningRate) {
  OptimizerRun run = RunOf(Decay::kDecoupled, 0, {1, 1, 1});

  run.Step({.learning_rate = 0.25}, Values{5, -0.01f, 0});

  EXPECT_NEAR(run.weights()[0], 0.75, 1e-6);
  EXPECT_NEAR(run.weights()[1], 1.25, 1e-6);
  EXPECT_EQ(run.weights()[2], 1);
}

TEST(AdamTest, DecoupledDecayAloneScalesTheWeightByTheLearningRate) {
  OptimizerRun run = RunOf(Decay::kDecoupled, 0.5, {4});

  run.Step({.learning_rate = 0.25}, Values{0});

  EXPECT_EQ(run.weights()[0], 3.5f);
}

// As the gradient alone decides the direction, Adam takes a whole step.
TEST(AdamTest, DecayInTheGradientAloneMovesTheWeightByTheLearningRate) {
  OptimizerRun run = RunOf(Decay::kInGradient, 0.5, {4});

  run.Step({.learning_rate = 0.25}, Values{0});

  EXPECT_NEAR(run.weights()[0], 3.75, 1e-6);
}

// Each step rounds about ten times, each by at most 2^-24 of values below 2; 20 steps.
TEST(AdamTest, TwentyStepsAgreeWithTheFormulaInDouble) {
  constexpr double kTolerance = 20 * 10 * 2 * 0x1p-24;
  constexpr std::size_t kSize = 77;
  for (const Decay decay : {Decay::kDecoupled, Decay::kInGradient}) {
    OptimizerRun run = RunOf(decay, 0.1, Wave(kSize, 0));
    std::vector<ReferenceAdam> references;
    for (const float weight : run.weights()) references.push_back({.weight = weight});

    for (int t = 1; t <= 20; ++t) {
      const Values grads = Wave(kSize, 1.3 * t);
      run.Step({.learning_rate = 0.01, .grad_scale = 0.125}, grads);
      for (std::size_t i = 0; i < kSize; ++i)
        references[i].Step(t, decay, 0.01, 0.1, 0.125 * double{grads[i]});
    }

    for (std::size_t i = 0; i < kSize; ++i)
      EXPECT_NEAR(run.weights()[i], references[i].weight, kTolerance) << i;
  }
}

TEST(AdamTest, TheMomentsAreNamedAfterTheOptimizer) {
  EXPECT_EQ(Adam({.decay = Decay::kDecoupled}).MomentNames(),
            (std::vector<std::string>{"adamw.mean", "adamw.variance"}));
  EXPECT_EQ(Adam({.decay = Decay::kInGradient}).MomentNames(),
            (std::vector<std::string>{"adam.mean", "adam.variance"}));
}

}  // namespace
}  // namespace descent
