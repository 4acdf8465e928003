#include "worker/optim/arena_update.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/optim/optimizer_run.h"
#include "worker/optim/adam.h"
#include "worker/optim/lion.h"
#include "worker/optim/sgd.h"

namespace descent {
namespace {

using Values = std::vector<float>;

std::unique_ptr<const Optimizer> AdamW() { return std::make_unique<Adam>(AdamOptions()); }

std::unique_ptr<const Optimizer> AdamWithL2() {
  return std::make_unique<Adam>(AdamOptions{.decay = AdamOptions::Decay::kInGradient});
}

std::unique_ptr<const Optimizer> PlainSgd() { return std::make_unique<Sgd>(SgdOptions()); }

std::unique_ptr<const Optimizer> SgdWithMomentum() {
  return std::make_unique<Sgd>(SgdOptions{.momentum = 0.9, .dampening = 0.1});
}

std::unique_ptr<const Optimizer> SgdWithNesterov() {
  return std::make_unique<Sgd>(SgdOptions{.momentum = 0.9, .nesterov = true});
}

std::unique_ptr<const Optimizer> LionOfItsAuthors() {
  return std::make_unique<Lion>(LionOptions());
}

// Rules of every kind, whose borders fall into vectors.
std::vector<RuledRange> MixedRules(std::int64_t size) {
  return {{{0, 30}, {.weight_decay = 0.1}},
          {{30, 47}, {.lr_multiplier = 0.5, .weight_decay = 0.1}},
          {{47, 90}, {.kind = UpdateRule::Kind::kFrozen}},
          {{90, size}, {.weight_decay = 0.0}}};
}

// Each optimizer, by the name of the test.
struct Algorithm {
  std::string name;
  std::unique_ptr<const Optimizer> (*make)();
};

class ArenaUpdateOf : public testing::TestWithParam<Algorithm> {};

TEST_P(ArenaUpdateOf, PaddingOfZerosStaysZero) {
  OptimizerRun run(GetParam().make(), OneRule(20, {.weight_decay = 0.1}), Values(20));

  for (int step = 0; step < 3; ++step) run.Step({.learning_rate = 0.01}, Values(20));

  EXPECT_TRUE(HaveSameBits(run.weights(), Values(20)));
}

TEST_P(ArenaUpdateOf, TheGradientIsScaledBeforeAnythingElse) {
  OptimizerRun scaled(GetParam().make(), OneRule(50, {.weight_decay = 0.1}), Wave(50, 0));
  OptimizerRun plain(GetParam().make(), OneRule(50, {.weight_decay = 0.1}), Wave(50, 0));
  Values grads = Wave(50, 1);

  scaled.Step({.learning_rate = 0.01, .grad_scale = 0.25}, grads);
  for (float& grad : grads) grad *= 0.25f;
  plain.Step({.learning_rate = 0.01}, grads);

  EXPECT_TRUE(HaveSameBits(scaled.weights(), plain.weights()));
}

TEST_P(ArenaUpdateOf, TheScaledGradientIsClippedToItsLimit) {
  OptimizerRun limited(GetParam().make(), OneRule(50, {}), Wave(50, 0));
  OptimizerRun plain(GetParam().make(), OneRule(50, {}), Wave(50, 0));
  Values grads = Wave(50, 1);

  limited.Step({.learning_rate = 0.01, .grad_scale = 0.5, .grad_limit = 0.25}, grads);
  for (float& grad : grads) grad = std::clamp(0.5f * grad, -0.25f, 0.25f);
  plain.Step({.learning_rate = 0.01}, grads);

  EXPECT_TRUE(HaveSameBits(limited.weights(), plain.weights()));
}

TEST_P(ArenaUpdateOf, AMultiplierOfTheRateIsARateOfItsOwn) {
  OptimizerRun multiplied(GetParam().make(),
                          OneRule(50, {.lr_multiplier = 0.25, .weight_decay = 0.1}), Wave(50, 0));
  OptimizerRun plain(GetParam().make(), OneRule(50, {.weight_decay = 0.1}), Wave(50, 0));

  for (int step = 0; step < 3; ++step) {
    multiplied.Step({.learning_rate = 0.5}, Wave(50, step));
    plain.Step({.learning_rate = 0.125}, Wave(50, step));
  }

  EXPECT_TRUE(HaveSameBits(multiplied.weights(), plain.weights()));
}

// Cuts of every size put each element now in a vector's body, now in a tail, at every alignment.
TEST_P(ArenaUpdateOf, AnyCutOfTheArenaGivesTheSameBits) {
  constexpr std::int64_t kSize = 211;
  const UpdateStep step = {
      .learning_rate = 0.01, .grad_scale = 0.5, .grad_limit = 0.3, .average_rate = 0.125};
  OptimizerRun whole(GetParam().make(), MixedRules(kSize), Wave(kSize, 0));
  for (int i = 0; i < 3; ++i) whole.Step(step, Wave(kSize, i));

  for (std::int64_t piece = 1; piece <= 70; ++piece) {
    OptimizerRun cut(GetParam().make(), MixedRules(kSize), Wave(kSize, 0));
    for (int i = 0; i < 3; ++i) cut.Step(step, Wave(kSize, i), piece);

    ASSERT_TRUE(HaveSameBits(cut.weights(), whole.weights())) << piece;
    ASSERT_TRUE(HaveSameBits(cut.average(), whole.average())) << piece;
    for (std::size_t m = 0; m < GetParam().make()->MomentNames().size(); ++m)
      ASSERT_TRUE(HaveSameBits(cut.moment(m), whole.moment(m))) << piece;
  }
}

// Large enough for stores that go past the caches, and not a whole number of vectors.
TEST_P(ArenaUpdateOf, NewValuesWrittenElsewhereHaveTheBitsOfAnUpdateInPlace) {
  constexpr std::int64_t kSize = (std::int64_t{4} << 20) + 5;
  const auto size = static_cast<std::size_t>(kSize);
  const ArenaUpdate update(GetParam().make(), MixedRules(kSize));
  const UpdateStep step = {
      .number = 3, .learning_rate = 0.01, .grad_scale = 0.5, .average_rate = 0.125};
  const Values grads = Wave(size, 1);
  std::vector<Values> old_values = {Wave(size, 0)};
  old_values.resize(2 + update.MomentNames().size(), Values(size, 0.25f));
  std::vector<Values> new_values(old_values.size(), Values(size));
  const auto arenas_of = [](std::vector<Values>& values) {
    return StateArenas{
        .weights = values[0], .moments = {values.begin() + 2, values.end()}, .average = values[1]};
  };

  update.UpdateRange(step, {0, kSize}, grads, arenas_of(old_values), arenas_of(new_values));
  update.UpdateRange(step, {0, kSize}, grads, arenas_of(old_values), arenas_of(old_values));

  for (std::size_t i = 0; i < old_values.size(); ++i)
    EXPECT_TRUE(HaveSameBits(new_values[i], old_values[i])) << i;
}

INSTANTIATE_TEST_SUITE_P(Optimizers, ArenaUpdateOf,
                         testing::Values(Algorithm{"adamw", AdamW}, Algorithm{"adam", AdamWithL2},
                                         Algorithm{"sgd", PlainSgd},
                                         Algorithm{"sgd_with_momentum", SgdWithMomentum},
                                         Algorithm{"sgd_with_nesterov", SgdWithNesterov},
                                         Algorithm{"lion", LionOfItsAuthors}),
                         [](const auto& algorithm) { return algorithm.param.name; });

TEST(ArenaUpdateTest, RangesWithoutDecayAreLeftAloneByIt) {
  OptimizerRun run(AdamW(), {{{0, 2}, {}}, {{2, 5}, {.weight_decay = 0.5}}, {{5, 7}, {}}},
                   Values(7, 4.0f));

  run.Step({.learning_rate = 0.25}, Values(7));

  EXPECT_EQ(run.weights(), (Values{4, 4, 3.5f, 3.5f, 3.5f, 4, 4}));
}

TEST(ArenaUpdateTest, AFrozenRangeKeepsItsWeightsAndMoments) {
  OptimizerRun run(
      AdamW(), {{{0, 3}, {.kind = UpdateRule::Kind::kFrozen, .weight_decay = 0.5}}, {{3, 4}, {}}},
      Values(4, 4.0f));

  run.Step({.learning_rate = 0.25}, Values(4, 1.0f));

  EXPECT_NEAR(run.weights()[3], 3.75, 1e-6);
  EXPECT_EQ(Values(run.weights().begin(), run.weights().begin() + 3), Values(3, 4.0f));
  EXPECT_EQ(Values(run.moment(0).begin(), run.moment(0).begin() + 3), Values(3));
}

TEST(ArenaUpdateTest, TheAverageFollowsTheWeightsAtItsRate) {
  OptimizerRun run(PlainSgd(), OneRule(1, {}), Values{4});

  run.Step({.learning_rate = 0.5, .average_rate = 1}, Values{2});
  ASSERT_EQ(run.weights()[0], 3);
  EXPECT_EQ(run.average()[0], 3);
  run.Step({.learning_rate = 0.5, .average_rate = 0.25}, Values{2});

  ASSERT_EQ(run.weights()[0], 2);
  EXPECT_EQ(run.average()[0], 3 + 0.25 * (2 - 3));
}

TEST(ArenaUpdateTest, TheAverageOfFrozenWeightsIsThemselves) {
  OptimizerRun run(AdamW(), OneRule(1, {.kind = UpdateRule::Kind::kFrozen}), Values{4});

  run.Step({.learning_rate = 0.5, .average_rate = 0.25}, Values{2});

  EXPECT_EQ(run.average()[0], 4);
}

TEST(ArenaUpdateTest, ARunningAverageFollowsTheMeanOfTheSamples) {
  OptimizerRun run(
      AdamW(),
      {{{0, 1}, {}}, {{1, 3}, {.kind = UpdateRule::Kind::kRunningAverage, .momentum = 0.25}}},
      Values(3, 4.0f));

  // Clipping scales gradients and not what is measured.
  run.Step({.learning_rate = 0.25, .grad_scale = 1e-3, .mean_scale = 0.5}, Values{1, 16, 16});

  EXPECT_EQ(Values(run.weights().begin() + 1, run.weights().end()), Values(2, 5.0f));
  EXPECT_EQ(Values(run.moment(0).begin() + 1, run.moment(0).end()), Values(2));
}

TEST(ArenaUpdateDeathTest, RulesThatOverlapAreRefused) {
  EXPECT_DEATH(ArenaUpdate(AdamW(), {{{0, 4}, {}}, {{3, 5}, {}}}), "covered");
}

TEST(ArenaUpdateDeathTest, GradientsOfAnotherSizeAreRefused) {
  OptimizerRun run(AdamW(), OneRule(4, {}), Values(4));

  EXPECT_DEATH(run.Step({.learning_rate = 0.01}, Values(3)), "grads");
}

}  // namespace
}  // namespace descent
