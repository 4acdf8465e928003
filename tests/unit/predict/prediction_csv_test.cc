#include "worker/predict/prediction_csv.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace descent {
namespace {

const SampleFormat kOfClasses = {.feature_count = 3, .class_count = 2};
const SampleFormat kOfNumbers = {.feature_count = 3, .label_count = 0, .target_count = 2};
const SampleFormat kUnlabelled = {.feature_count = 3, .label_count = 0};

PredictionCsv OfTwoClasses(const SampleFormat& format, std::vector<std::string> names = {}) {
  return PredictionCsv(
      {.is_of_classes = true, .value_count = 2, .class_names = std::move(names), .format = format});
}

PredictionCsv OfNumbers(std::int64_t count, const SampleFormat& format) {
  return PredictionCsv({.value_count = count, .class_names = {}, .format = format});
}

// Of sample 7, whose probabilities are 1/4 and 3/4.
std::string LineOf(const PredictionCsv& csv, const std::vector<std::int32_t>& label) {
  const std::vector<double> probabilities = {0.25, 0.75};
  return csv.Line({.sample = 7, .values = probabilities, .labels = label, .targets = {}});
}

TEST(PredictionCsvTest, ClassesHaveProbabilitiesAndWhetherTheyAreRight) {
  const PredictionCsv csv = OfTwoClasses(kOfClasses);

  EXPECT_EQ(csv.Head(), "sample,predicted,probability_0,probability_1,label,correct\n");
  EXPECT_EQ(LineOf(csv, {0}), "7,1,0.25,0.75,0,0\n");
}

TEST(PredictionCsvTest, ClassesThatHaveNamesAreCalledByThem) {
  const PredictionCsv csv = OfTwoClasses(kOfClasses, {"cat", "dog"});

  EXPECT_EQ(csv.Head(), "sample,predicted,probability_cat,probability_dog,label,correct\n");
  EXPECT_EQ(LineOf(csv, {0}), "7,dog,0.25,0.75,cat,0\n");
}

TEST(PredictionCsvTest, ANameThatWouldEndAFieldIsQuoted) {
  const PredictionCsv csv = OfTwoClasses(kUnlabelled, {"a, b", "\"c\""});

  EXPECT_EQ(csv.Head(), "sample,predicted,\"probability_a, b\",\"probability_\"\"c\"\"\"\n");
  EXPECT_EQ(LineOf(csv, {}), "7,\"\"\"c\"\"\",0.25,0.75\n");
}

TEST(PredictionCsvTest, WithoutLabelsThereIsNothingToBeRight) {
  const PredictionCsv csv = OfTwoClasses(kUnlabelled);

  EXPECT_EQ(csv.Head(), "sample,predicted,probability_0,probability_1\n");
  EXPECT_EQ(LineOf(csv, {}), "7,1,0.25,0.75\n");
}

TEST(PredictionCsvTest, ALabelThatIsIgnoredIsNeitherRightNorWrong) {
  EXPECT_EQ(LineOf(OfTwoClasses(kOfClasses), {kIgnoredLabel}), "7,1,0.25,0.75,,\n");
}

TEST(PredictionCsvTest, NumbersStandBesideTheirTargets) {
  const PredictionCsv csv = OfNumbers(2, kOfNumbers);
  const std::vector<double> numbers = {1.5, -2};
  const std::vector<float> targets = {1, 0.1f};

  EXPECT_EQ(csv.Head(), "sample,predicted_0,predicted_1,target_0,target_1\n");
  EXPECT_EQ(csv.Line({.sample = 1, .values = numbers, .labels = {}, .targets = targets}),
            "1,1.5,-2,1,0.1\n");
  EXPECT_EQ(OfNumbers(1, kUnlabelled).Head(), "sample,predicted\n");
}

TEST(PredictionCsvTest, OfEqualProbabilitiesTheFirstIsTheLikeliest) {
  EXPECT_EQ(LikeliestClass(std::vector<double>{0.2, 0.4, 0.4}), 1);
}

}  // namespace
}  // namespace descent
