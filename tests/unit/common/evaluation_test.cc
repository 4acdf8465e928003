#include "common/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>

namespace descent {
namespace {

TEST(EvaluationTest, EveryMetricIsFoundByItsName) {
  for (const EvaluationMetric metric : kAllEvaluationMetrics)
    EXPECT_EQ(MetricFromName(MetricName(metric)), metric);
  EXPECT_EQ(MetricFromName("precision"), std::nullopt);
}

TEST(EvaluationTest, LossesFallWhileAccuraciesRise) {
  EXPECT_TRUE(IsBetter(EvaluationMetric::kLoss, 0.1, 0.2));
  EXPECT_TRUE(IsBetter(EvaluationMetric::kPerplexity, 10, 20));
  EXPECT_TRUE(IsBetter(EvaluationMetric::kMeanAbsoluteError, 1, 2));
  EXPECT_TRUE(IsBetter(EvaluationMetric::kRootMeanSquaredError, 1, 2));
  EXPECT_FALSE(IsBetter(EvaluationMetric::kAccuracy, 0.1, 0.2));
  EXPECT_TRUE(IsBetter(EvaluationMetric::kTopFiveAccuracy, 0.2, 0.1));
}

TEST(EvaluationTest, AnEqualValueIsNotBetter) {
  EXPECT_FALSE(IsBetter(EvaluationMetric::kLoss, 0.5, 0.5));
  EXPECT_FALSE(IsBetter(EvaluationMetric::kAccuracy, 0.5, 0.5));
}

TEST(EvaluationTest, ABetterValueExceedsTheMargin) {
  EXPECT_FALSE(IsBetter(EvaluationMetric::kLoss, 0.5, 0.75, 0.25));
  EXPECT_TRUE(IsBetter(EvaluationMetric::kLoss, 0.25, 0.75, 0.25));
  EXPECT_FALSE(IsBetter(EvaluationMetric::kAccuracy, 0.75, 0.5, 0.25));
}

TEST(EvaluationTest, NanIsNeverBetter) {
  EXPECT_FALSE(IsBetter(EvaluationMetric::kLoss, std::nan(""), 1));
  EXPECT_FALSE(IsBetter(EvaluationMetric::kAccuracy, std::nan(""), 1));
}

}  // namespace
}  // namespace descent
