#include "worker/optim/sgd.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/unit/optim/optimizer_run.h"

namespace descent {
namespace {

using Values = std::vector<float>;

// All numbers are sums of few powers of two: every step is exact.
OptimizerRun RunOf(const SgdOptions& options, double weight_decay = 0) {
  return OptimizerRun(std::make_unique<Sgd>(options), OneRule(1, {.weight_decay = weight_decay}),
                      {4});
}

void TakeTwoSteps(OptimizerRun& run) {
  run.Step({.learning_rate = 0.5}, Values{1});
  run.Step({.learning_rate = 0.5}, Values{2});
}

TEST(SgdTest, PlainDescentGoesAgainstTheGradientByTheLearningRate) {
  OptimizerRun run = RunOf({});

  TakeTwoSteps(run);

  EXPECT_EQ(run.weights()[0], 4 - 0.5 * 1 - 0.5 * 2);
}

TEST(SgdTest, PlainDescentKeepsNoMoments) {
  EXPECT_TRUE(Sgd({}).MomentNames().empty());
  EXPECT_EQ(Sgd({.momentum = 0.9}).MomentNames(), std::vector<std::string>{"sgd.momentum"});
}

TEST(SgdTest, DecayIsPartOfTheGradient) {
  OptimizerRun run = RunOf({}, 0.25);

  run.Step({.learning_rate = 0.5}, Values{1});

  EXPECT_EQ(run.weights()[0], 4 - 0.5 * (1 + 0.25 * 4));
}

TEST(SgdTest, MomentumAddsWhatIsLeftOfEarlierGradients) {
  OptimizerRun run = RunOf({.momentum = 0.5});

  TakeTwoSteps(run);

  EXPECT_EQ(run.moment(0)[0], 0.5 * 1 + 2);
  EXPECT_EQ(run.weights()[0], 4 - 0.5 * 1 - 0.5 * 2.5);
}

TEST(SgdTest, DampeningBeginsWithTheSecondGradient) {
  OptimizerRun run = RunOf({.momentum = 0.5, .dampening = 0.25});

  TakeTwoSteps(run);

  EXPECT_EQ(run.moment(0)[0], 0.5 * 1 + 0.75 * 2);
}

TEST(SgdTest, NesterovLooksOneStepAhead) {
  OptimizerRun run = RunOf({.momentum = 0.5, .nesterov = true});

  TakeTwoSteps(run);

  EXPECT_EQ(run.weights()[0], 4 - 0.5 * (1 + 0.5 * 1) - 0.5 * (2 + 0.5 * 2.5));
}

TEST(SgdDeathTest, NesterovWithoutAMomentumIsRefused) {
  EXPECT_DEATH(Sgd({.nesterov = true}), "nesterov");
}

}  // namespace
}  // namespace descent
