#include "common/job_spec_evaluation.h"

#include <spdlog/fmt/fmt.h>

#include "common/limits.h"

namespace descent {
namespace {

void CheckEarlyStopping(const JobSpec& spec, SpecChecker& checker) {
  const EarlyStoppingSpec& stopping = *spec.early_stopping;
  checker.RequireInRange("early_stopping.patience", stopping.patience, 1, limits::kStepsMax);
  checker.RequireNumber(stopping.min_delta >= 0, "early_stopping.min_delta", stopping.min_delta,
                        "at least 0 and finite");
  checker.Require(spec.data.validation.has_value(), "early_stopping", "no data.validation",
                  "absent, or given with a validation split to decide by");
  const bool is_regular = spec.evaluate.every_steps > 0 || spec.evaluate.every_epochs > 0;
  checker.Require(is_regular, "early_stopping", "one evaluation, after the last step",
                  "absent, or given with evaluate.every_steps or evaluate.every_epochs");
}

}  // namespace

void CheckEvaluation(const JobSpec& spec, SpecChecker& checker) {
  checker.RequireInRange("evaluate.every_steps", spec.evaluate.every_steps, 0, limits::kStepsMax);
  checker.RequireInRange("evaluate.every_epochs", spec.evaluate.every_epochs, 0,
                         limits::kEpochsMax);
  checker.Require(spec.evaluate.samples >= 0, "evaluate.samples",
                  fmt::format("{}", spec.evaluate.samples), "at least 1");
  const EvaluationMetric best = spec.checkpoint.best_metric;
  checker.Require(best == EvaluationMetric::kLoss || spec.data.validation, "checkpoint.best.metric",
                  fmt::format("{}", MetricName(best)),
                  "absent where there is no data.validation to measure it on");
  if (spec.early_stopping) CheckEarlyStopping(spec, checker);
}

}  // namespace descent
