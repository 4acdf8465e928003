#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

#include "common/job_spec.h"
#include "common/sample_format.h"

namespace descent {

// Training steps on one rank: forward, backward and an update by AdamW, without reading samples and
// without other ranks.
struct TrainStepBench {
  ModelSpec model;
  SampleFormat format;
  std::int64_t rows = 1;  // samples of a step
};

// Times steps with as many threads as the state's first argument says; FLOP/s are those of the
// plan. Aborts where the model cannot learn from samples of that format.
void TimeTrainSteps(benchmark::State& state, const TrainStepBench& bench);

}  // namespace descent
