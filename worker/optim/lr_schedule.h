#pragma once

#include <cstdint>

#include "common/job_spec.h"

namespace descent {

// The learning rate of a step, a pure function of the step's number: nothing to save or restore.
// With last = total_steps - 1 and peak = max(warmup_steps, 1) - 1, all counted from 0:
//   step < warmup_steps   base_lr (step + 1) / warmup_steps
//   constant              base_lr
//   linear                min_lr + (base_lr - min_lr) (1 - p)
//   cosine                min_lr + (base_lr - min_lr) (1 + cos(pi p)) / 2
//   where p = (step - peak) / (last - peak) in [0, 1]
// So base_lr is reached at `peak`, and min_lr at the last step, if there is a step after the peak.
// Requires 0 <= step < total_steps. The same bits on every machine.
double LearningRateAt(const LrScheduleSpec& schedule, double base_lr, std::int64_t step,
                      std::int64_t total_steps);

}  // namespace descent
