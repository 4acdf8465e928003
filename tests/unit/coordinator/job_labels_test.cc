#include "coordinator/job_labels.h"

#include <gmock/gmock.h>

#include "coordinator/excerpt.h"

namespace descent {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string ProblemOf(const JobLabels& labels) { return FindProblem(labels).value_or("none"); }

JobLabels ManyLabels(int count) {
  JobLabels labels;
  for (int i = 0; i < count; ++i) labels["key" + std::to_string(i)] = "";
  return labels;
}

TEST(JobLabelsTest, KeysAreNamesWithAnOptionalPrefix) {
  for (const char* key : {"a", "team", "Team_1.x-y", "example.com/team", "a-b.c/x",
                          "123456789012345678901234567890123456789012345678901234567890123"})
    EXPECT_TRUE(IsLabelKey(key)) << key;
}

TEST(JobLabelsTest, OtherKeysAreRefused) {
  for (const char* key : {"", "-a", "a-", ".a", "a b", "a=b", "/a", "a/", "a/b/c", "Upper.com/a",
                          "a..b/c", "-a/b", "a-/b", "a.-b/c", "t\xc3\xa4g",
                          "1234567890123456789012345678901234567890123456789012345678901234"})
    EXPECT_FALSE(IsLabelKey(key)) << key;
}

TEST(JobLabelsTest, AValueMayBeEmptyButHasNoPrefix) {
  EXPECT_TRUE(IsLabelValue(""));
  EXPECT_TRUE(IsLabelValue("v1.2_x"));
  EXPECT_FALSE(IsLabelValue("example.com/x"));
  EXPECT_FALSE(IsLabelValue("two words"));
}

TEST(JobLabelsTest, AProblemNamesFieldAndOffender) {
  EXPECT_THAT(ProblemOf({{"-bad", "x"}}), AllOf(HasSubstr("labels: "), HasSubstr("\"-bad\"")));
  EXPECT_THAT(ProblemOf({{"team", "a b"}}),
              AllOf(HasSubstr("labels: "), HasSubstr("\"a b\" of team")));
  EXPECT_THAT(FindProblem(LabelChange{.set = {}, .removed = {"x-"}}).value_or("none"),
              AllOf(HasSubstr("remove_labels: "), HasSubstr("\"x-\"")));
}

TEST(JobLabelsTest, ThirtyTwoAreEnough) {
  EXPECT_EQ(ProblemOf(ManyLabels(32)), "none");
  EXPECT_EQ(ProblemOf(ManyLabels(33)), "labels: the job would have 33, must be at most 32");
}

TEST(JobLabelsTest, AChangeLeavesWhatItDoesNotName) {
  const LabelChange change{.set = {{"b", "2"}, {"c", "3"}}, .removed = {"a", "never"}};

  EXPECT_EQ(Changed({{"a", "1"}, {"b", "1"}, {"d", "4"}}, change),
            (JobLabels{{"b", "2"}, {"c", "3"}, {"d", "4"}}));
}

TEST(JobLabelsTest, AKeyIsNotSetAndRemovedAtOnce) {
  const LabelChange change{.set = {{"a", "1"}}, .removed = {"a"}};

  EXPECT_THAT(FindProblem(change).value_or("none"), HasSubstr("a is also in set_labels"));
}

TEST(JobLabelsTest, TheTextHasEveryLabel) {
  EXPECT_EQ(LabelsText(JobLabels{{"stage", ""}, {"team", "nlp"}}), "stage=, team=nlp");
  EXPECT_EQ(LabelsText(LabelChange{.set = {{"team", "nlp"}}, .removed = {"stage"}}),
            "team=nlp, without stage");
}

TEST(ExcerptTest, AnyBytesBecomeAShortText) {
  EXPECT_EQ(Excerpt("abc"), "\"abc\"");
  EXPECT_EQ(Excerpt(std::string("\x00\xff\n", 3)), "\"\\x00\\xff\\x0a\"");
  EXPECT_EQ(Excerpt(std::string(41, 'x')), "\"" + std::string(40, 'x') + "...\"");
}

}  // namespace
}  // namespace descent
