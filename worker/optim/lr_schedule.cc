#include "worker/optim/lr_schedule.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"
#include "worker/optim/deterministic_math.h"

namespace descent {
namespace {

// Rises from 0 to 1 with p.
double CurveAt(LrCurve curve, double p) {
  switch (curve) {
    case LrCurve::kLinear:
      return p;
    case LrCurve::kCosine:
      return (1 - CosineOfPi(p)) / 2;
    case LrCurve::kSquareRoot:
      return std::sqrt(p);
  }
  DESCENT_CHECK(false);
}

// What is left of base_lr - min_lr after the part `progress` of a decay that begins at the peak.
double RemainingShare(const LrScheduleSpec& schedule, double progress) {
  switch (schedule.kind) {
    case LrScheduleKind::kLinear:
      return 1 - progress;
    case LrScheduleKind::kCosine:
      return (1 + CosineOfPi(progress)) / 2;
    case LrScheduleKind::kPolynomial:
      return RealPowerOf(1 - progress, schedule.power);
    default:
      DESCENT_CHECK(false);
  }
}

double DecayFromPeak(const LrScheduleSpec& schedule, double base_lr, std::int64_t step,
                     std::int64_t total_steps) {
  const std::int64_t peak = std::max<std::int64_t>(schedule.warmup_steps, 1) - 1;
  if (step == peak) return base_lr;
  const double progress =
      static_cast<double>(step - peak) / static_cast<double>(total_steps - 1 - peak);
  return schedule.min_lr + (base_lr - schedule.min_lr) * RemainingShare(schedule, progress);
}

double DecayAtEnd(const LrScheduleSpec& schedule, double base_lr, std::int64_t step,
                  std::int64_t total_steps) {
  const std::int64_t steps_done = step - (total_steps - schedule.decay_steps) + 1;
  if (steps_done <= 0) return base_lr;
  const double p = static_cast<double>(steps_done) / static_cast<double>(schedule.decay_steps);
  return schedule.min_lr + (base_lr - schedule.min_lr) * (1 - CurveAt(schedule.curve, p));
}

double FallInSteps(const LrScheduleSpec& schedule, double base_lr, std::int64_t step) {
  const std::int64_t falls =
      schedule.every_steps > 0
          ? step / schedule.every_steps
          : std::ranges::upper_bound(schedule.milestones, step) - schedule.milestones.begin();
  return base_lr * PowerOf(schedule.gamma, falls);
}

double OneCycle(const LrScheduleSpec& schedule, double base_lr, std::int64_t step,
                std::int64_t total_steps) {
  const double start = base_lr / schedule.start_divisor;
  const double end = start / schedule.end_divisor;
  const double top = schedule.rise * static_cast<double>(total_steps) - 1;
  const double at = static_cast<double>(step);
  if (at == top) return base_lr;
  if (at < top) return start + (base_lr - start) * CurveAt(schedule.curve, at / top);
  const double p = (at - top) / (static_cast<double>(total_steps - 1) - top);
  return base_lr + (end - base_lr) * CurveAt(schedule.curve, p);
}

}  // namespace

double LearningRateAt(const LrScheduleSpec& schedule, double base_lr, std::int64_t step,
                      std::int64_t total_steps) {
  DESCENT_CHECK(step >= 0);
  DESCENT_CHECK(step < total_steps);
  if (schedule.kind == LrScheduleKind::kOneCycle)
    return OneCycle(schedule, base_lr, step, total_steps);
  if (step < schedule.warmup_steps)
    return base_lr * static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  switch (schedule.kind) {
    case LrScheduleKind::kConstant:
      return base_lr;
    case LrScheduleKind::kWsd:
      return DecayAtEnd(schedule, base_lr, step, total_steps);
    case LrScheduleKind::kStep:
      return FallInSteps(schedule, base_lr, step);
    default:
      return DecayFromPeak(schedule, base_lr, step, total_steps);
  }
}

}  // namespace descent
