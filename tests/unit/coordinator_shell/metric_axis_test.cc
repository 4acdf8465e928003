#include "coordinator/metric_axis.h"

#include <gtest/gtest.h>

#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

TEST(MetricAxisTest, TimeCountsFromTheFirstStartOfTheJob) {
  Job job = MakeJob("a", 1);
  job.start_time = 1000;

  EXPECT_EQ(MetricAxis(XAxis::kTime, job).PositionOf({.step = 5, .time = 1012.5}), 12.5);
}

TEST(MetricAxisTest, APointWhoseTimeIsNotKnownHasNoPlace) {
  Job job = MakeJob("a", 1);
  job.start_time = 1000;

  EXPECT_FALSE(MetricAxis(XAxis::kTime, job).PositionOf({.step = 5}));
}

TEST(MetricAxisTest, SamplesAreThoseOfAllStepsSoFar) {
  Job job = MakeJob("a", 1);
  job.train_samples = 6400;

  EXPECT_EQ(MetricAxis(XAxis::kSamples, job).PositionOf({.step = 150}), 150 * 64);
}

TEST(MetricAxisTest, TheShortStepAtTheEndOfAnEpochCountsForWhatItHas) {
  Job job = MakeJob("a", 1);
  job.train_samples = 100;
  job.spec.batch.global = 30;
  job.spec.batch.tail = EpochTail::kKeep;
  const MetricAxis axis(XAxis::kSamples, job);

  EXPECT_EQ(axis.PositionOf({.step = 3}), 90);
  EXPECT_EQ(axis.PositionOf({.step = 4}), 100);
  EXPECT_EQ(axis.PositionOf({.step = 5}), 130);
}

TEST(MetricAxisTest, BeforeTheSizeOfTheDataIsKnownSamplesAreNotEither) {
  EXPECT_FALSE(MetricAxis(XAxis::kSamples, MakeJob("a", 1)).PositionOf({.step = 1}));
}

TEST(MetricAxisTest, OverStepsAPointStandsAtItsStep) {
  EXPECT_FALSE(MetricAxis(XAxis::kStep, MakeFullJob()).PositionOf({.step = 1, .time = 1700}));
}

}  // namespace
}  // namespace descent
