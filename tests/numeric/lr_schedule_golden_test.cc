#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/file.h"
#include "tests/support/golden_path.h"
#include "worker/optim/lr_schedule.h"

// Compares the schedules that PyTorch has with what make_schedule_golden.py recorded.

namespace descent {
namespace {

using nlohmann::json;

// PyTorch multiplies some of its rates from step to step: forty roundings of a double. A rate is
// the difference of larger ones, so its error is relative to the largest.
constexpr double kTolerance = 1e-14;

LrScheduleSpec ScheduleOf(const json& run) {
  const std::map<std::string, LrScheduleKind> kinds = {
      {"constant", LrScheduleKind::kConstant},     {"linear", LrScheduleKind::kLinear},
      {"cosine", LrScheduleKind::kCosine},         {"step", LrScheduleKind::kStep},
      {"polynomial", LrScheduleKind::kPolynomial}, {"one_cycle", LrScheduleKind::kOneCycle}};
  const json& fields = run["fields"];
  LrScheduleSpec schedule{.kind = kinds.at(run["kind"])};
  schedule.warmup_steps = fields.value("warmup_steps", schedule.warmup_steps);
  schedule.min_lr = fields.value("min_lr", schedule.min_lr);
  schedule.curve = fields.value("curve", "linear") == "cosine" ? LrCurve::kCosine : schedule.curve;
  schedule.power = fields.value("power", schedule.power);
  schedule.milestones = fields.value("milestones", schedule.milestones);
  schedule.every_steps = fields.value("every_steps", schedule.every_steps);
  schedule.gamma = fields.value("gamma", schedule.gamma);
  schedule.rise = fields.value("rise", schedule.rise);
  schedule.start_divisor = fields.value("start_divisor", schedule.start_divisor);
  schedule.end_divisor = fields.value("end_divisor", schedule.end_divisor);
  return schedule;
}

TEST(LrScheduleGoldenTest, EveryStepHasTheRateOfPyTorch) {
  const json golden = json::parse(ReadFile(GoldenPath("golden_lr_schedules.json")).value());
  ASSERT_EQ(golden["runs"].size(), 10u);

  for (const json& run : golden["runs"]) {
    const LrScheduleSpec schedule = ScheduleOf(run);
    const std::vector<double> rates = run["rates"];
    for (std::size_t step = 0; step < rates.size(); ++step)
      EXPECT_NEAR(
          LearningRateAt(schedule, golden["lr"], static_cast<std::int64_t>(step), golden["steps"]),
          rates[step], kTolerance * golden["lr"].get<double>())
          << run["name"] << ", step " << step;
  }
}

}  // namespace
}  // namespace descent
