#pragma once

#include <nlohmann/json_fwd.hpp>

#include "common/precision.h"
#include "common/result.h"
#include "worker/kernels/thread_pool.h"

namespace descent {

// How fast this machine is at what a plan's steps are made of.
struct MachineRates {
  double matrix_flops = 0;   // a second, in products of 512 by 512 matrices of the precision
  double element_flops = 0;  // a second, as the cost model counts those of exact GELU, in a cache
  double cache_bytes = 0;    // a second, read and written, in a sum of two arrays of 256 KiB
  double memory_bytes = 0;   // the same of two arrays of 64 MiB, which no cache holds
  double step_seconds = 0;   // of a step that has next to nothing to do
};

// Measures them with the kernels and all threads of the pool, each for some hundredths of a second.
// Blocks. kInternal: a library could not prepare its part.
Result<MachineRates> MeasureMachine(Precision precision, ThreadPool& pool);

// A step's time by the roofline model: the longer of its arithmetic and its memory traffic. Ops
// that do more than kMatrixIntensity operations for each byte run as matrix products do, and others
// as functions of elements; what fits the caches passes at their rate. Source: Williams, Waterman
// and Patterson 2009.
double PredictSeconds(const MachineRates& rates, double flops, double bytes);

nlohmann::ordered_json ToValue(const MachineRates& rates);

}  // namespace descent
