#include "common/lr_schedule_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "common/spec_checker.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> FaultyFields(const LrScheduleSpec& schedule) {
  SpecChecker checker;
  CheckLrSchedule(schedule, 0.1, "optimizer.adamw.lr", checker);
  std::vector<std::string> fields;
  for (const Violation& violation : checker.TakeViolations()) fields.push_back(violation.field);
  return fields;
}

TEST(LrScheduleSpecTest, SchedulesThatMakeSenseHaveNoViolations) {
  EXPECT_THAT(FaultyFields({.kind = LrScheduleKind::kWsd, .decay_steps = 10}), IsEmpty());
  EXPECT_THAT(FaultyFields({.kind = LrScheduleKind::kPolynomial, .power = 0.9}), IsEmpty());
  EXPECT_THAT(FaultyFields({.kind = LrScheduleKind::kStep, .milestones = {3, 9}}), IsEmpty());
  EXPECT_THAT(FaultyFields({.kind = LrScheduleKind::kStep, .every_steps = 3}), IsEmpty());
  EXPECT_THAT(FaultyFields({.kind = LrScheduleKind::kOneCycle}), IsEmpty());
}

TEST(LrScheduleSpecTest, AWsdWithoutADecayIsRefused) {
  EXPECT_THAT(FaultyFields({.kind = LrScheduleKind::kWsd}), ElementsAre("lr_schedule.decay_steps"));
}

TEST(LrScheduleSpecTest, APowerOfZeroIsRefused) {
  EXPECT_THAT(FaultyFields({.kind = LrScheduleKind::kPolynomial, .power = 0}),
              ElementsAre("lr_schedule.power"));
}

TEST(LrScheduleSpecTest, MilestonesThatDoNotAscendAreRefused) {
  for (const std::vector<std::int64_t>& milestones :
       {std::vector<std::int64_t>{9, 3}, {3, 3}, {0, 3}})
    EXPECT_THAT(FaultyFields({.kind = LrScheduleKind::kStep, .milestones = milestones}),
                ElementsAre("lr_schedule.milestones"));
}

TEST(LrScheduleSpecTest, AStepScheduleHasMilestonesOrAnIntervalAndNotBoth) {
  EXPECT_THAT(FaultyFields({.kind = LrScheduleKind::kStep}), ElementsAre("lr_schedule.milestones"));
  EXPECT_THAT(FaultyFields({.kind = LrScheduleKind::kStep, .milestones = {5}, .every_steps = 5}),
              ElementsAre("lr_schedule.milestones"));
}

TEST(LrScheduleSpecTest, EveryFieldOfAOneCycleIsCheckedAtOnce) {
  EXPECT_THAT(FaultyFields({.kind = LrScheduleKind::kOneCycle,
                            .curve = LrCurve::kSquareRoot,
                            .rise = 1,
                            .start_divisor = 0.5,
                            .end_divisor = NAN}),
              UnorderedElementsAre("lr_schedule.curve", "lr_schedule.rise",
                                   "lr_schedule.start_divisor", "lr_schedule.end_divisor"));
}

TEST(LrScheduleSpecTest, ADecayThatDoesNotFitBehindTheWarmupIsRefused) {
  SpecChecker checker;

  CheckLrScheduleFits({.kind = LrScheduleKind::kWsd, .warmup_steps = 30, .decay_steps = 71}, 100,
                      checker);

  EXPECT_THAT(checker.TakeViolations(),
              ElementsAre(Violation{"lr_schedule.decay_steps",
                                    "71, must be at most the 100 steps of the job less "
                                    "warmup_steps 30"}));
}

}  // namespace
}  // namespace descent
