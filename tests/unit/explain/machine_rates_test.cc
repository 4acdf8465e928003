#include "worker/explain/machine_rates.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

constexpr MachineRates kMeasuredRates = {.matrix_flops = 1e11,
                                         .element_flops = 1e9,
                                         .cache_bytes = 1e11,
                                         .memory_bytes = 1e10,
                                         .step_seconds = 1e-6};

TEST(PredictSecondsTest, ManyOperationsForAByteRunAsMatrixProductsDo) {
  EXPECT_DOUBLE_EQ(PredictSeconds(kMeasuredRates, 1e9, 1e6), 1e-6 + 1e-2);
}

TEST(PredictSecondsTest, FewOperationsForAByteRunAsFunctionsOfElementsDo) {
  EXPECT_DOUBLE_EQ(PredictSeconds(kMeasuredRates, 1e6, 1e6), 1e-6 + 1e-3);
}

TEST(PredictSecondsTest, WhatNoCacheHoldsPassesAtTheRateOfMemory) {
  EXPECT_DOUBLE_EQ(PredictSeconds(kMeasuredRates, 0, 1e6), 1e-6 + 1e-5);
  EXPECT_DOUBLE_EQ(PredictSeconds(kMeasuredRates, 0, 1e8), 1e-6 + 1e-2);
}

TEST(MeasureMachineTest, EveryRateIsMeasured) {
  ThreadPool pool(1);

  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    const MachineRates rates = MeasureMachine(precision, pool).value();

    for (const double rate : {rates.matrix_flops, rates.element_flops, rates.cache_bytes,
                              rates.memory_bytes, rates.step_seconds})
      EXPECT_GT(rate, 0);
  }
}

}  // namespace
}  // namespace descent
