#include "worker/optim/no_decay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<NamedRange> kParameters = {
    {"layers.1.bias", {0, 10}},
    {"layers.1.weight", {16, 116}},
    {"layers.0.bias", {128, 138}},
    {"norm.gain", {144, 154}},
};

TEST(NoDecayTest, AStarMatchesAcrossDots) {
  EXPECT_THAT(NoDecayRanges(kParameters, std::vector<std::string>{"*.bias"}),
              ElementsAre(IndexRange{0, 10}, IndexRange{128, 138}));
}

TEST(NoDecayTest, AParameterThatMatchesTwoPatternsIsListedOnce) {
  EXPECT_THAT(NoDecayRanges(kParameters, std::vector<std::string>{"norm.*", "*gain"}),
              ElementsAre(IndexRange{144, 154}));
}

TEST(NoDecayTest, APatternMustMatchTheWholeName) {
  EXPECT_THAT(NoDecayRanges(kParameters, std::vector<std::string>{"bias"}), IsEmpty());
}

TEST(NoDecayTest, WithoutPatternsEverythingDecays) {
  EXPECT_THAT(NoDecayRanges(kParameters, {}), IsEmpty());
}

}  // namespace
}  // namespace descent
