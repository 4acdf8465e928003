#include "client/commands/labels.h"

#include <gmock/gmock.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::Pair;

class LabelsTest : public testing::Test {
 protected:
  LabelsTest() {
    AddLabelOption(create_, labels_);
    AddLabelChangeOption(change_, changes_);
  }

  CLI::App create_;
  CLI::App change_;
  std::vector<std::string> labels_;
  std::vector<std::string> changes_;
};

TEST_F(LabelsTest, ALabelIsGivenAnyNumberOfTimesAndTheLastOfAKeyCounts) {
  create_.parse("--label team=nlp --label stage= --label team=vision", false);

  EXPECT_THAT(LabelsOf(labels_), ElementsAre(Pair("stage", ""), Pair("team", "vision")));
}

TEST_F(LabelsTest, AValueMayHaveAnEqualsSign) {
  create_.parse("--label a=b=c", false);

  EXPECT_THAT(LabelsOf(labels_), ElementsAre(Pair("a", "b=c")));
}

TEST_F(LabelsTest, AKeyWithADashIsTakenAway) {
  change_.parse("--label team=nlp --label stage-", false);

  const LabelChange change = LabelChangeOf(changes_);

  EXPECT_THAT(change.set, ElementsAre(Pair("team", "nlp")));
  EXPECT_THAT(change.removed, ElementsAre("stage"));
}

TEST_F(LabelsTest, WhatIsNoLabelIsRefused) {
  for (const char* text : {"--label team", "--label =nlp", "--label team-"})
    EXPECT_THROW(create_.parse(text, false), CLI::ValidationError) << text;
  for (const char* text : {"--label team", "--label =nlp", "--label -"})
    EXPECT_THROW(change_.parse(text, false), CLI::ValidationError) << text;
}

}  // namespace
}  // namespace descent
