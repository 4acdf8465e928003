#include "client/render/scaling_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::HasSubstr;

constexpr char kScaling[] = R"json({
  "scaling": "strong",
  "network": {"bytes_per_second": 3.125e9, "message_seconds": 1e-5, "ranks_per_host": 2},
  "rates": {"matrix_flops": 1.1e11, "memory_bytes": 2e10},
  "bucket_bytes": 1048576,
  "alone": {"step_seconds": 0.1},
  "steps": [
    {"workers": 8, "hosts": 4, "logical_workers": 8, "global_batch": 4096, "step_seconds": 0.02,
     "compute_seconds": 0.015, "reduction_seconds": 0.01, "exposed_seconds": 0.003,
     "exchange_seconds": 0.0005, "update_seconds": 0.0015, "messages": 1400, "link_bytes": 2e6,
     "samples_per_second": 204800, "efficiency": 0.625, "best_bucket_bytes": 4194304,
     "best_step_seconds": 0.018},
    {"workers": 16, "hosts": 8, "logical_workers": 16, "global_batch": 4096, "step_seconds": 0.0125,
     "compute_seconds": 0.0075, "reduction_seconds": 0.01, "exposed_seconds": 0.003,
     "exchange_seconds": 0.0005, "update_seconds": 0.0015, "messages": 2800, "link_bytes": 2e6,
     "samples_per_second": 327680, "efficiency": 0.5, "best_bucket_bytes": 4194304,
     "best_step_seconds": 0.011}],
  "left_out": ["8192 workers: too many"]})json";

TEST(ScalingTextTest, SaysOverWhichNetwork) {
  EXPECT_THAT(
      ScalingText(kScaling).value(),
      testing::StartsWith("strong scaling over 25 Gbit/s and 10 us a message, 2 to a host; a "
                          "worker alone: 100.000 ms\n"
                          "measured here: 110.0G FLOP/s in products of matrices, 20.0 GB moved/s"));
}

TEST(ScalingTextTest, HasALineForEachNumberOfWorkers) {
  const std::string text = ScalingText(kScaling).value();

  EXPECT_THAT(text,
              testing::ContainsRegex("8  +4  +4,096  +20.000  +15.000  +10.000  +3.000  +2.000"));
  EXPECT_THAT(text, testing::ContainsRegex("16  +8  +4,096  +12.500"));
}

TEST(ScalingTextTest, DrawsTheEfficiencyAndNamesWhatIsLeftOut) {
  const std::string text = ScalingText(kScaling).value();

  EXPECT_THAT(text, HasSubstr("efficiency, %\n"));
  EXPECT_THAT(text, HasSubstr("8 to 16 workers, doubling\n"));
  EXPECT_THAT(text, HasSubstr("left out: 8192 workers: too many\n"));
}

TEST(ScalingTextTest, WhatIsNoPredictionIsAnError) {
  EXPECT_EQ(ScalingText("{}").status().code(), Code::kInternal);
}

}  // namespace
}  // namespace descent
