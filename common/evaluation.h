#pragma once

#include <array>
#include <map>
#include <optional>
#include <string_view>

namespace descent {

// What an evaluation of a dataset measures. Which of them there are depends on the data
// (worker/train/evaluator.h); the loss always is.
enum class EvaluationMetric {
  kLoss,
  kAccuracy,              // share of labels whose logit is the largest
  kTopFiveAccuracy,       // share of labels whose logit is among the five largest
  kPerplexity,            // of texts: exp(loss)
  kMeanAbsoluteError,     // of numbers to predict: mean of |prediction - target|
  kRootMeanSquaredError,  // of numbers to predict: root of the mean of (prediction - target)^2
};

inline constexpr std::array kAllEvaluationMetrics = {EvaluationMetric::kLoss,
                                                     EvaluationMetric::kAccuracy,
                                                     EvaluationMetric::kTopFiveAccuracy,
                                                     EvaluationMetric::kPerplexity,
                                                     EvaluationMetric::kMeanAbsoluteError,
                                                     EvaluationMetric::kRootMeanSquaredError};

using EvaluationValues = std::map<EvaluationMetric, double>;

// "top5_accuracy": as in the job file, in names of metrics and on the wire.
std::string_view MetricName(EvaluationMetric metric);
std::optional<EvaluationMetric> MetricFromName(std::string_view name);

std::optional<double> ValueOf(const EvaluationValues& values, EvaluationMetric metric);

// Whether `value` is better than `than` by more than `margin`: losses and errors fall, accuracies
// rise. NaN is never better.
bool IsBetter(EvaluationMetric metric, double value, double than, double margin = 0);

}  // namespace descent
