#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/evaluation.h"
#include "common/job_spec.h"

namespace descent {

// How long a job has waited for its validation metric to improve. A function of the evaluations
// alone, whose bits are equal on every rank, and part of a checkpoint: so all ranks, and every
// attempt that computes the same steps again, end the job after the same step.
struct EarlyStoppingState {
  std::optional<double> best;  // absent: no evaluation was finite yet
  std::int64_t best_step = 0;
  std::int64_t evaluations_without_improvement = 0;
  std::int64_t last_step = 0;  // of the newest evaluation

  bool operator==(const EarlyStoppingState&) const = default;
};

// An improvement is larger than min_delta. An evaluation after a step that is known already counts
// once.
EarlyStoppingState AfterEvaluation(const EarlyStoppingSpec& spec, const EarlyStoppingState& state,
                                   std::int64_t step, const EvaluationValues& values);

// No improvement in `patience` evaluations.
bool IsOver(const EarlyStoppingSpec& spec, const EarlyStoppingState& state);

// For people: "3 evaluations did not improve validation/loss 0.31 of step 400".
std::string DescribeStop(const EarlyStoppingSpec& spec, const EarlyStoppingState& state);

}  // namespace descent
