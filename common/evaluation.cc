#include "common/evaluation.h"

#include <array>

namespace descent {
namespace {

struct MetricTrait {
  EvaluationMetric metric;
  std::string_view name;
  bool is_better_if_larger;
};

constexpr std::array kMetrics = {
    MetricTrait{EvaluationMetric::kLoss, "loss", false},
    MetricTrait{EvaluationMetric::kAccuracy, "accuracy", true},
    MetricTrait{EvaluationMetric::kTopFiveAccuracy, "top5_accuracy", true},
    MetricTrait{EvaluationMetric::kPerplexity, "perplexity", false},
    MetricTrait{EvaluationMetric::kMeanAbsoluteError, "mae", false},
    MetricTrait{EvaluationMetric::kRootMeanSquaredError, "rmse", false},
};

const MetricTrait& TraitOf(EvaluationMetric metric) {
  return kMetrics[static_cast<std::size_t>(metric)];
}

}  // namespace

std::string_view MetricName(EvaluationMetric metric) { return TraitOf(metric).name; }

std::optional<EvaluationMetric> MetricFromName(std::string_view name) {
  for (const MetricTrait& trait : kMetrics)
    if (trait.name == name) return trait.metric;
  return std::nullopt;
}

std::optional<double> ValueOf(const EvaluationValues& values, EvaluationMetric metric) {
  const auto found = values.find(metric);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

bool IsBetter(EvaluationMetric metric, double value, double than, double margin) {
  return TraitOf(metric).is_better_if_larger ? value > than + margin : value < than - margin;
}

}  // namespace descent
