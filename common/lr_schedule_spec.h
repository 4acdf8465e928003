#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace descent {

class SpecChecker;

enum class LrScheduleKind { kConstant, kLinear, kCosine, kWsd, kPolynomial, kStep, kOneCycle };

// How a rate goes from one value to another.
enum class LrCurve { kLinear, kCosine, kSquareRoot };

// The learning rate as a function of the step: the formulas are in worker/optim/lr_schedule.h.
struct LrScheduleSpec {
  LrScheduleKind kind = LrScheduleKind::kConstant;
  std::int64_t warmup_steps = 0;  // of all but one_cycle
  double min_lr = 0.0;            // reached at the last step by linear, cosine, wsd and polynomial

  std::int64_t decay_steps = 0;      // of wsd: the last steps of the job
  LrCurve curve = LrCurve::kLinear;  // of the decay of wsd, and of both parts of one_cycle
  double power = 1.0;                // of polynomial

  // Of step: the rate is multiplied with gamma at each milestone, or every so many steps.
  std::vector<std::int64_t> milestones;
  std::int64_t every_steps = 0;
  double gamma = 0.1;

  // Of one_cycle: from lr / start_divisor up to lr, then down to lr / start_divisor / end_divisor.
  double rise = 0.3;  // share of the steps
  double start_divisor = 25.0;
  double end_divisor = 1e4;

  bool operator==(const LrScheduleSpec&) const = default;
};

// `base_lr` is the optimizer's rate, the value of `base_lr_field`.
void CheckLrSchedule(const LrScheduleSpec& schedule, double base_lr,
                     const std::string& base_lr_field, SpecChecker& checker);

// The steps that the schedule names, against the steps of the job.
void CheckLrScheduleFits(const LrScheduleSpec& schedule, std::int64_t total_steps,
                         SpecChecker& checker);

}  // namespace descent
