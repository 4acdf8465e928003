#include "worker/predict/prediction_csv.h"

#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

const SampleFormat kOfClasses = {.feature_count = 3, .class_count = 2};
const SampleFormat kOfNumbers = {.feature_count = 3, .label_count = 0, .target_count = 2};
const SampleFormat kUnlabelled = {.feature_count = 3, .label_count = 0};

TEST(PredictionCsvTest, ClassesHaveProbabilitiesAndWhetherTheyAreRight) {
  const std::vector<double> probabilities = {0.25, 0.75};
  const std::vector<std::int32_t> label = {0};

  EXPECT_EQ(PredictionHead(true, 2, kOfClasses),
            "sample,predicted,probability_0,probability_1,label,correct\n");
  EXPECT_EQ(
      PredictionLine(true, {.sample = 7, .values = probabilities, .labels = label, .targets = {}}),
      "7,1,0.25,0.75,0,0\n");
}

TEST(PredictionCsvTest, WithoutLabelsThereIsNothingToBeRight) {
  const std::vector<double> probabilities = {0.75, 0.25};

  EXPECT_EQ(PredictionHead(true, 2, kUnlabelled), "sample,predicted,probability_0,probability_1\n");
  EXPECT_EQ(
      PredictionLine(true, {.sample = 0, .values = probabilities, .labels = {}, .targets = {}}),
      "0,0,0.75,0.25\n");
}

TEST(PredictionCsvTest, ALabelThatIsIgnoredIsNeitherRightNorWrong) {
  const std::vector<double> probabilities = {0.25, 0.75};
  const std::vector<std::int32_t> label = {kIgnoredLabel};

  EXPECT_EQ(
      PredictionLine(true, {.sample = 7, .values = probabilities, .labels = label, .targets = {}}),
      "7,1,0.25,0.75,,\n");
}

TEST(PredictionCsvTest, NumbersStandBesideTheirTargets) {
  const std::vector<double> numbers = {1.5, -2};
  const std::vector<float> targets = {1, 0.1f};

  EXPECT_EQ(PredictionHead(false, 2, kOfNumbers),
            "sample,predicted_0,predicted_1,target_0,target_1\n");
  EXPECT_EQ(
      PredictionLine(false, {.sample = 1, .values = numbers, .labels = {}, .targets = targets}),
      "1,1.5,-2,1,0.1\n");
  EXPECT_EQ(PredictionHead(false, 1, kUnlabelled), "sample,predicted\n");
}

TEST(PredictionCsvTest, OfEqualProbabilitiesTheFirstIsTheLikeliest) {
  EXPECT_EQ(LikeliestClass(std::vector<double>{0.2, 0.4, 0.4}), 1);
}

}  // namespace
}  // namespace descent
