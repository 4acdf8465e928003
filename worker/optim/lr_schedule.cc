#include "worker/optim/lr_schedule.h"

#include <algorithm>

#include "common/check.h"
#include "worker/optim/deterministic_math.h"

namespace descent {
namespace {

// What is left of base_lr - min_lr after the part `progress` of the decay.
double RemainingShare(LrScheduleKind kind, double progress) {
  switch (kind) {
    case LrScheduleKind::kConstant:
      return 1;
    case LrScheduleKind::kLinear:
      return 1 - progress;
    case LrScheduleKind::kCosine:
      return (1 + CosineOfPi(progress)) / 2;
  }
  DESCENT_CHECK(false);
}

}  // namespace

double LearningRateAt(const LrScheduleSpec& schedule, double base_lr, std::int64_t step,
                      std::int64_t total_steps) {
  DESCENT_CHECK(step >= 0);
  DESCENT_CHECK(step < total_steps);
  if (step < schedule.warmup_steps)
    return base_lr * static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  if (schedule.kind == LrScheduleKind::kConstant) return base_lr;

  const std::int64_t peak = std::max<std::int64_t>(schedule.warmup_steps, 1) - 1;
  if (step == peak) return base_lr;
  const double progress =
      static_cast<double>(step - peak) / static_cast<double>(total_steps - 1 - peak);
  return schedule.min_lr + (base_lr - schedule.min_lr) * RemainingShare(schedule.kind, progress);
}

}  // namespace descent
