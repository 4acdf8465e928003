#include "common/early_stopping.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>

namespace descent {

EarlyStoppingState AfterEvaluation(const EarlyStoppingSpec& spec, const EarlyStoppingState& state,
                                   std::int64_t step, const EvaluationValues& values) {
  if (step <= state.last_step) return state;
  EarlyStoppingState next = state;
  next.last_step = step;
  const std::optional<double> value = ValueOf(values, spec.metric);
  const bool is_improvement =
      value && std::isfinite(*value) &&
      (!state.best || IsBetter(spec.metric, *value, *state.best, spec.min_delta));
  if (!is_improvement) {
    ++next.evaluations_without_improvement;
    return next;
  }
  next.best = value;
  next.best_step = step;
  next.evaluations_without_improvement = 0;
  return next;
}

bool IsOver(const EarlyStoppingSpec& spec, const EarlyStoppingState& state) {
  return state.evaluations_without_improvement >= spec.patience;
}

std::string DescribeStop(const EarlyStoppingSpec& spec, const EarlyStoppingState& state) {
  const std::string start = fmt::format(
      "{} evaluation{} did not improve validation/{}", state.evaluations_without_improvement,
      state.evaluations_without_improvement == 1 ? "" : "s", MetricName(spec.metric));
  if (!state.best) return start + ", which was never finite";
  return fmt::format("{} {:.6g} of step {}", start, *state.best, state.best_step);
}

}  // namespace descent
