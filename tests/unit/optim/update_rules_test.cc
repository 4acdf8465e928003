#include "worker/optim/update_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kElements = 160;

const std::vector<NamedRange> kParameters = {
    {"layers.1.bias", {0, 10}},
    {"layers.1.weight", {16, 116}},
    {"layers.0.bias", {128, 138}},
    {"norm.gain", {144, 154}},
};

std::vector<RuledRange> RulesWithout(std::vector<std::string> no_decay) {
  OptimizerSpec spec;
  spec.algorithm = AdamWSpec{.no_decay = std::move(no_decay)};
  return MakeUpdateRules(kParameters, kElements, spec);
}

std::vector<IndexRange> RangesWithoutDecay(std::vector<std::string> no_decay) {
  std::vector<IndexRange> ranges;
  for (const RuledRange& ruled : RulesWithout(std::move(no_decay)))
    if (ruled.rule.weight_decay == 0) ranges.push_back(ruled.range);
  return ranges;
}

// What lies between two parameters goes with the first.
TEST(UpdateRulesTest, AStarMatchesAcrossDots) {
  EXPECT_THAT(RangesWithoutDecay({"*.bias"}), ElementsAre(IndexRange{0, 16}, IndexRange{128, 144}));
}

TEST(UpdateRulesTest, AParameterThatMatchesTwoPatternsIsListedOnce) {
  EXPECT_THAT(RangesWithoutDecay({"norm.*", "*gain"}), ElementsAre(IndexRange{144, kElements}));
}

TEST(UpdateRulesTest, APatternMustMatchTheWholeName) {
  EXPECT_THAT(RangesWithoutDecay({"bias"}), IsEmpty());
}

TEST(UpdateRulesTest, ParametersOfOneRuleAreOneRange) {
  const std::vector<RuledRange> rules = RulesWithout({});

  ASSERT_EQ(rules.size(), 1u);
  EXPECT_EQ(rules[0].range, (IndexRange{0, kElements}));
}

// Of the parameters, in their order.
std::vector<UpdateRule> RulesOf(std::vector<ParameterGroup> groups) {
  const OptimizerSpec spec = {.algorithm = AdamWSpec{.weight_decay = 0.5, .no_decay = {"*.bias"}},
                              .groups = std::move(groups)};
  const std::vector<RuledRange> rules = MakeUpdateRules(kParameters, kElements, spec);
  std::vector<UpdateRule> of_parameters;
  for (const NamedRange& parameter : kParameters)
    for (const RuledRange& ruled : rules)
      if (ruled.range.first <= parameter.range.first && parameter.range.first < ruled.range.last)
        of_parameters.push_back(ruled.rule);
  return of_parameters;
}

TEST(UpdateRulesTest, AGroupMultipliesTheRateAndKeepsTheDecay) {
  EXPECT_THAT(RulesOf({{.match = {"layers.1.*"}, .lr_multiplier = 0.25}}),
              ElementsAre(UpdateRule{.lr_multiplier = 0.25, .weight_decay = 0},
                          UpdateRule{.lr_multiplier = 0.25, .weight_decay = 0.5},
                          UpdateRule{.weight_decay = 0}, UpdateRule{.weight_decay = 0.5}));
}

TEST(UpdateRulesTest, TheDecayOfAGroupIsStrongerThanNoDecay) {
  EXPECT_THAT(RulesOf({{.match = {"layers.1.*"}, .weight_decay = 0.125}}),
              ElementsAre(UpdateRule{.weight_decay = 0.125}, UpdateRule{.weight_decay = 0.125},
                          UpdateRule{.weight_decay = 0}, UpdateRule{.weight_decay = 0.5}));
}

TEST(UpdateRulesTest, AParameterIsOfTheFirstGroupThatMatchesIt) {
  const std::vector<UpdateRule> rules = RulesOf({{.match = {"layers.1.bias"}, .is_frozen = true},
                                                 {.match = {"layers.1.*"}, .lr_multiplier = 2}});

  EXPECT_EQ(rules[0], UpdateRule{.kind = UpdateRule::Kind::kFrozen});
  EXPECT_EQ(rules[1].lr_multiplier, 2);
}

const std::vector<std::string> kNames = {"layers.0.bias", "layers.0.weight", "layers.1.bias",
                                         "layers.1.weight"};

TEST(CheckGroupsTest, APatternThatMatchesNothingNamesTheNearestParameters) {
  const OptimizerSpec spec = {
      .groups = {{.match = {"*.bias", "layer.1.weight"}, .lr_multiplier = 2}}};

  EXPECT_THAT(CheckGroups(spec, kNames),
              ElementsAre(Violation{"optimizer.groups[0].match[1]",
                                    "\"layer.1.weight\", must be a pattern that matches a "
                                    "parameter of the model, such as layers.1.weight, "
                                    "layers.0.weight, layers.1.bias"}));
}

TEST(CheckGroupsTest, SomethingIsLeftToLearn) {
  const OptimizerSpec spec = {.groups = {{.match = {"*"}, .is_frozen = true}}};

  EXPECT_THAT(CheckGroups(spec, kNames),
              ElementsAre(Violation{"optimizer.groups",
                                    "every parameter frozen, must be such that some are not"}));
}

TEST(UpdateRulesTest, TheNormCountsWhateverIsNotFrozen) {
  const UpdateRule frozen = {.kind = UpdateRule::Kind::kFrozen};
  const std::vector<RuledRange> rules = {
      {{0, 16}, {}}, {{16, 32}, {.weight_decay = 1}}, {{32, 64}, frozen}, {{64, 80}, {}}};

  EXPECT_THAT(RangesOfNorm(rules), ElementsAre(IndexRange{0, 32}, IndexRange{64, 80}));
}

}  // namespace
}  // namespace descent
