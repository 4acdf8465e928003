#include "worker/optim/lr_schedule.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

LrScheduleSpec Schedule(LrScheduleKind kind, std::int64_t warmup_steps, double min_lr) {
  return {.kind = kind, .warmup_steps = warmup_steps, .min_lr = min_lr};
}

TEST(LrScheduleTest, ConstantStaysAtTheBaseRate) {
  const LrScheduleSpec schedule = Schedule(LrScheduleKind::kConstant, 0, 0);

  EXPECT_EQ(LearningRateAt(schedule, 0.5, 0, 10), 0.5);
  EXPECT_EQ(LearningRateAt(schedule, 0.5, 9, 10), 0.5);
}

TEST(LrScheduleTest, WarmupRisesInEqualPartsToTheBaseRate) {
  for (const auto kind :
       {LrScheduleKind::kConstant, LrScheduleKind::kLinear, LrScheduleKind::kCosine}) {
    const LrScheduleSpec schedule = Schedule(kind, 4, 0);

    EXPECT_EQ(LearningRateAt(schedule, 1, 0, 100), 0.25);
    EXPECT_EQ(LearningRateAt(schedule, 1, 1, 100), 0.5);
    EXPECT_EQ(LearningRateAt(schedule, 1, 3, 100), 1);
  }
}

TEST(LrScheduleTest, LinearFallsInEqualPartsToTheMinimum) {
  const LrScheduleSpec schedule = Schedule(LrScheduleKind::kLinear, 0, 0.2);

  EXPECT_EQ(LearningRateAt(schedule, 1, 0, 5), 1);
  EXPECT_NEAR(LearningRateAt(schedule, 1, 1, 5), 0.8, 1e-15);
  EXPECT_NEAR(LearningRateAt(schedule, 1, 3, 5), 0.4, 1e-15);
  EXPECT_EQ(LearningRateAt(schedule, 1, 4, 5), 0.2);
}

TEST(LrScheduleTest, CosineIsHalfwayInTheMiddleOfTheDecay) {
  const LrScheduleSpec schedule = Schedule(LrScheduleKind::kCosine, 2, 0.1);  // peak at step 1

  EXPECT_EQ(LearningRateAt(schedule, 1, 1, 12), 1);
  EXPECT_NEAR(LearningRateAt(schedule, 1, 6, 12), 0.55, 1e-15);
  EXPECT_EQ(LearningRateAt(schedule, 1, 11, 12), 0.1);
}

TEST(LrScheduleTest, CosineNeverRisesAfterThePeak) {
  const LrScheduleSpec schedule = Schedule(LrScheduleKind::kCosine, 10, 0);

  for (std::int64_t step = 10; step < 1000; ++step)
    EXPECT_LT(LearningRateAt(schedule, 1, step, 1000), LearningRateAt(schedule, 1, step - 1, 1000));
}

TEST(LrScheduleTest, AJobThatEndsAtThePeakStaysAtTheBaseRate) {
  EXPECT_EQ(LearningRateAt(Schedule(LrScheduleKind::kLinear, 0, 0), 1, 0, 1), 1);
  EXPECT_EQ(LearningRateAt(Schedule(LrScheduleKind::kCosine, 3, 0), 1, 2, 3), 1);
}

TEST(LrScheduleTest, WsdStaysAtTheBaseRateUntilItsLastSteps) {
  LrScheduleSpec schedule = Schedule(LrScheduleKind::kWsd, 2, 0.2);
  schedule.decay_steps = 4;

  EXPECT_EQ(LearningRateAt(schedule, 1, 0, 20), 0.5);
  EXPECT_EQ(LearningRateAt(schedule, 1, 15, 20), 1);
  EXPECT_NEAR(LearningRateAt(schedule, 1, 16, 20), 0.8, 1e-15);
  EXPECT_NEAR(LearningRateAt(schedule, 1, 19, 20), 0.2, 1e-15);
}

TEST(LrScheduleTest, WsdFallsAlongItsCurve) {
  LrScheduleSpec schedule = Schedule(LrScheduleKind::kWsd, 0, 0);
  schedule.decay_steps = 4;

  schedule.curve = LrCurve::kSquareRoot;
  EXPECT_EQ(LearningRateAt(schedule, 1, 16, 20), 0.5);
  schedule.curve = LrCurve::kCosine;
  EXPECT_EQ(LearningRateAt(schedule, 1, 17, 20), 0.5);
}

TEST(LrScheduleTest, WsdOfDecayAloneFallsFromTheFirstStep) {
  LrScheduleSpec schedule = Schedule(LrScheduleKind::kWsd, 0, 0);
  schedule.decay_steps = 4;

  EXPECT_EQ(LearningRateAt(schedule, 1, 0, 4), 0.75);
}

TEST(LrScheduleTest, AOneCycleOfOneStepIsDefined) {
  EXPECT_GT(LearningRateAt({.kind = LrScheduleKind::kOneCycle}, 1, 0, 1), 0);
}

TEST(LrScheduleTest, AOneCycleWhosePeakIsTheFirstStepBeginsAtTheBaseRate) {
  const LrScheduleSpec schedule{.kind = LrScheduleKind::kOneCycle, .rise = 0.25};

  EXPECT_EQ(LearningRateAt(schedule, 1, 0, 4), 1);
}

TEST(LrScheduleDeathTest, AStepAfterTheLastIsRefused) {
  EXPECT_DEATH(LearningRateAt(Schedule(LrScheduleKind::kLinear, 0, 0), 1, 5, 5), "total_steps");
}

}  // namespace
}  // namespace descent
