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
  spec.adamw.no_decay = std::move(no_decay);
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

TEST(UpdateRulesTest, TheNormCountsWhateverIsNotFrozen) {
  const UpdateRule frozen = {.kind = UpdateRule::Kind::kFrozen};
  const std::vector<RuledRange> rules = {
      {{0, 16}, {}}, {{16, 32}, {.weight_decay = 1}}, {{32, 64}, frozen}, {{64, 80}, {}}};

  EXPECT_THAT(RangesOfNorm(rules), ElementsAre(IndexRange{0, 32}, IndexRange{64, 80}));
}

}  // namespace
}  // namespace descent
