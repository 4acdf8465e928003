#include "common/lr_schedule_spec.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/limits.h"
#include "common/spec_checker.h"

namespace descent {
namespace {

constexpr std::size_t kMilestonesMax = 1000;
constexpr double kPowerMax = 100;

void CheckWsd(const LrScheduleSpec& schedule, SpecChecker& checker) {
  checker.RequireInRange("lr_schedule.decay_steps", schedule.decay_steps, 1, limits::kStepsMax);
}

void CheckPolynomial(const LrScheduleSpec& schedule, SpecChecker& checker) {
  checker.RequireNumber(schedule.power > 0 && schedule.power <= kPowerMax, "lr_schedule.power",
                        schedule.power, fmt::format("above 0 and at most {}", kPowerMax));
}

void CheckMilestones(const LrScheduleSpec& schedule, SpecChecker& checker) {
  const std::vector<std::int64_t>& milestones = schedule.milestones;
  checker.Require(milestones.size() <= kMilestonesMax, "lr_schedule.milestones",
                  fmt::format("{} steps", milestones.size()),
                  fmt::format("at most {}", kMilestonesMax));
  const bool is_ascending = std::ranges::is_sorted(milestones, std::less_equal<>()) &&
                            std::ranges::adjacent_find(milestones) == milestones.end();
  checker.Require(milestones.empty() || (is_ascending && milestones.front() >= 1),
                  "lr_schedule.milestones", fmt::format("[{}]", fmt::join(milestones, ", ")),
                  "steps of at least 1, ascending");
}

void CheckStep(const LrScheduleSpec& schedule, SpecChecker& checker) {
  CheckMilestones(schedule, checker);
  checker.RequireInRange("lr_schedule.every_steps", schedule.every_steps, 0, limits::kStepsMax);
  if (schedule.every_steps >= 0)
    checker.Require(schedule.milestones.empty() != (schedule.every_steps == 0),
                    "lr_schedule.milestones",
                    fmt::format("{} milestones and every_steps {}", schedule.milestones.size(),
                                schedule.every_steps),
                    "one of them: a list of steps, or a number of steps above 0");
  checker.RequireNumber(schedule.gamma > 0 && schedule.gamma <= 1, "lr_schedule.gamma",
                        schedule.gamma, "above 0 and at most 1");
}

void CheckOneCycle(const LrScheduleSpec& schedule, SpecChecker& checker) {
  checker.RequireNumber(schedule.rise > 0 && schedule.rise < 1, "lr_schedule.rise", schedule.rise,
                        "above 0 and below 1: the share of the steps in which the rate rises");
  checker.RequireNumber(schedule.start_divisor >= 1, "lr_schedule.start_divisor",
                        schedule.start_divisor, "at least 1 and finite");
  checker.RequireNumber(schedule.end_divisor >= 1, "lr_schedule.end_divisor", schedule.end_divisor,
                        "at least 1 and finite");
  checker.Require(schedule.curve != LrCurve::kSquareRoot, "lr_schedule.curve", "square_root",
                  "linear or cosine");
}

void CheckMinimum(double min_lr, double base_lr, const std::string& base_lr_field,
                  SpecChecker& checker) {
  checker.RequireNumber(min_lr >= 0, "lr_schedule.min_lr", min_lr, "at least 0 and finite");
  if (!(min_lr >= 0) || !(base_lr > 0)) return;
  checker.Require(min_lr <= base_lr, "lr_schedule.min_lr", fmt::format("{}", min_lr),
                  fmt::format("at most {} {}", base_lr_field, base_lr));
}

}  // namespace

void CheckLrSchedule(const LrScheduleSpec& schedule, double base_lr,
                     const std::string& base_lr_field, SpecChecker& checker) {
  checker.RequireInRange("lr_schedule.warmup_steps", schedule.warmup_steps, 0, limits::kStepsMax);
  CheckMinimum(schedule.min_lr, base_lr, base_lr_field, checker);
  if (schedule.kind == LrScheduleKind::kWsd) CheckWsd(schedule, checker);
  if (schedule.kind == LrScheduleKind::kPolynomial) CheckPolynomial(schedule, checker);
  if (schedule.kind == LrScheduleKind::kStep) CheckStep(schedule, checker);
  if (schedule.kind == LrScheduleKind::kOneCycle) CheckOneCycle(schedule, checker);
}

void CheckLrScheduleFits(const LrScheduleSpec& schedule, std::int64_t total_steps,
                         SpecChecker& checker) {
  const std::string wanted = fmt::format("at most the {} steps of the job", total_steps);
  checker.Require(schedule.warmup_steps <= total_steps, "lr_schedule.warmup_steps",
                  fmt::to_string(schedule.warmup_steps), wanted);
  if (schedule.kind != LrScheduleKind::kWsd || schedule.warmup_steps > total_steps) return;
  checker.Require(schedule.decay_steps <= total_steps - schedule.warmup_steps,
                  "lr_schedule.decay_steps", fmt::to_string(schedule.decay_steps),
                  fmt::format("at most the {} steps of the job less warmup_steps {}", total_steps,
                              schedule.warmup_steps));
}

}  // namespace descent
