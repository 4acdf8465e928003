#include "common/job_spec_optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Violation> ViolationsOf(OptimizerSpec optimizer, std::optional<EmaSpec> ema = {}) {
  JobSpec spec;
  spec.optimizer = std::move(optimizer);
  spec.ema = ema;
  SpecChecker checker;
  CheckOptimizer(spec, checker);
  return checker.TakeViolations();
}

TEST(CheckOptimizerTest, EveryOptimizerIsValidAsItComes) {
  EXPECT_THAT(ViolationsOf({.algorithm = AdamWSpec{}}), IsEmpty());
  EXPECT_THAT(ViolationsOf({.algorithm = AdamSpec{}}), IsEmpty());
  EXPECT_THAT(ViolationsOf({.algorithm = SgdSpec{}}), IsEmpty());
  EXPECT_THAT(ViolationsOf({.algorithm = LionSpec{}}, EmaSpec{}), IsEmpty());
}

TEST(CheckOptimizerTest, ProblemsAreNamedByTheOptimizer) {
  EXPECT_THAT(ViolationsOf({.algorithm = AdamSpec{.lr = 0}}),
              ElementsAre(Violation{"optimizer.adam.lr", "0, must be above 0 and finite"}));
  EXPECT_THAT(ViolationsOf({.algorithm = LionSpec{.betas = {0.9}}}),
              ElementsAre(Violation{"optimizer.lion.betas", "1 values, must be 2 values"}));
  EXPECT_THAT(
      ViolationsOf({.algorithm = SgdSpec{.momentum = 1}}),
      ElementsAre(Violation{"optimizer.sgd.momentum", "1, must be at least 0 (none) and below 1"}));
}

TEST(CheckOptimizerTest, NesterovWantsAMomentumWithoutDampening) {
  const Violation wanted{"optimizer.sgd.nesterov",
                         "true, must be absent, or given with a momentum and without dampening"};

  EXPECT_THAT(ViolationsOf({.algorithm = SgdSpec{.nesterov = true}}), ElementsAre(wanted));
  EXPECT_THAT(
      ViolationsOf({.algorithm = SgdSpec{.momentum = 0.9, .dampening = 0.1, .nesterov = true}}),
      ElementsAre(wanted));
  EXPECT_THAT(ViolationsOf({.algorithm = SgdSpec{.momentum = 0.9, .nesterov = true}}), IsEmpty());
}

TEST(CheckOptimizerTest, DampeningWithoutAMomentumIsRefused) {
  EXPECT_THAT(ViolationsOf({.algorithm = SgdSpec{.dampening = 0.5}}),
              ElementsAre(Violation{"optimizer.sgd.dampening",
                                    "0.5, must be absent, as there is no momentum to dampen"}));
}

TEST(CheckOptimizerTest, AGradientIsClippedInOneWay) {
  EXPECT_THAT(
      ViolationsOf({.clip_norm = 1, .clip_value = 0.5}),
      ElementsAre(Violation{"optimizer.clip_value",
                            "0.5, must be absent, as the gradient is clipped by its norm"}));
  EXPECT_THAT(ViolationsOf({.clip_value = NAN}),
              ElementsAre(Violation{"optimizer.clip_value",
                                    "nan, must be at least 0 (no clipping) and finite"}));
}

TEST(CheckOptimizerTest, AGroupSaysWhichParametersItIsOfAndWhatIsDifferent) {
  const OptimizerSpec optimizer = {
      .groups = {{.match = {"*.bias"}}, {.is_frozen = true}, {.match = {""}, .weight_decay = -1}}};

  EXPECT_THAT(
      ViolationsOf(optimizer),
      ElementsAre(
          Violation{"optimizer.groups[0]",
                    "no difference, must be given with an lr_multiplier, a weight_decay or "
                    "freeze: true"},
          Violation{"optimizer.groups[1].match",
                    "empty, must be patterns over parameter names, such as [\"*.bias\"]"},
          Violation{"optimizer.groups[2].match",
                    "\"\", must be a pattern over parameter names, such as \"*.bias\""},
          Violation{"optimizer.groups[2].weight_decay", "-1, must be at least 0 and finite"}));
}

TEST(CheckOptimizerTest, AFrozenGroupHasNoRates) {
  EXPECT_THAT(ViolationsOf({.groups = {{.match = {"*"}, .lr_multiplier = 2, .is_frozen = true}}}),
              ElementsAre(Violation{"optimizer.groups[0].freeze",
                                    "true, must be absent, or given without lr_multiplier and "
                                    "weight_decay"}));
}

TEST(CheckOptimizerTest, TheAverageOfTheWeightsForgets) {
  EXPECT_THAT(ViolationsOf({}, EmaSpec{.decay = 1}),
              ElementsAre(Violation{"ema.decay", "1, must be at least 0 and below 1"}));
}

TEST(OptimizerStateOfTest, NamesWhateverACheckpointHoldsBesidesTheWeights) {
  EXPECT_EQ(OptimizerStateOf({}, {}), "adamw");
  EXPECT_EQ(OptimizerStateOf({.algorithm = SgdSpec{}}, {}), "sgd");
  EXPECT_EQ(OptimizerStateOf({.algorithm = SgdSpec{.momentum = 0.9}}, EmaSpec{}),
            "sgd with momentum and ema");
  EXPECT_EQ(OptimizerStateOf({.algorithm = LionSpec{}}, EmaSpec{}), "lion with ema");
}

}  // namespace
}  // namespace descent
