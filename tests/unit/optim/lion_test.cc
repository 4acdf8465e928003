#include "worker/optim/lion.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/unit/optim/optimizer_run.h"

namespace descent {
namespace {

using Values = std::vector<float>;

OptimizerRun RunOf(double weight_decay, Values weights) {
  const auto size = std::ssize(weights);
  return OptimizerRun(std::make_unique<Lion>(LionOptions{.beta1 = 0.5, .beta2 = 0.75}),
                      OneRule(size, {.weight_decay = weight_decay}), std::move(weights));
}

TEST(LionTest, EveryWeightMovesByTheLearningRateWhateverTheGradient) {
  OptimizerRun run = RunOf(0, {1, 1, 1, 1});

  run.Step({.learning_rate = 0.25}, Values{1000, -1e-20f, 0, -0.0f});

  EXPECT_EQ(run.weights(), (Values{0.75f, 1.25f, 1, 1}));
}

TEST(LionTest, DecayScalesTheWeightByTheLearningRate) {
  OptimizerRun run = RunOf(0.5, {4});

  run.Step({.learning_rate = 0.25}, Values{0});

  EXPECT_EQ(run.weights()[0], 3.5f);
}

// The direction weighs the gradient by 1 - b1, the momentum keeps 1 - b2 of it: after a gradient of
// 8 the momentum is 2, and a gradient of -1 does not turn the direction, while -3 does.
TEST(LionTest, TheDirectionIsOfTheMomentumAndTheGradient) {
  OptimizerRun run = RunOf(0, {1, 1});
  run.Step({.learning_rate = 0.25}, Values{8, 8});
  ASSERT_EQ(run.moment(0), (Values{2, 2}));

  run.Step({.learning_rate = 0.25}, Values{-1, -3});

  EXPECT_EQ(run.weights(), (Values{0.5f, 1}));
  EXPECT_EQ(run.moment(0), (Values{1.25f, 0.75f}));
}

}  // namespace
}  // namespace descent
