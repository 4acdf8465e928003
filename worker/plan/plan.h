#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "common/result.h"
#include "worker/graph/graph.h"
#include "worker/plan/parameter_layout.h"

namespace descent {

class ThreadPool;

enum class PlanKind {
  kTrainWrite,       // forward and backward; gradients are written
  kTrainAccumulate,  // forward and backward; gradients are added to what is there
  kEvaluate,         // forward only, dropout off
};

// What one run of a plan reads and writes. B is the batch size the plan was compiled for.
struct PlanRun {
  std::span<const float> features;       // [B, features of a sample]
  std::span<const std::int32_t> labels;  // [B]
  std::span<const float> parameters;     // [layout.element_count]
  std::span<float> gradients;            // [layout.element_count]; empty for kEvaluate
  std::span<float> losses;               // [B] out: each sample's loss
  std::span<float> correct;              // [B] out: 1 if the largest logit is the label's, else 0
  // Randomness is a function of (seed, step, position in the global batch, element).
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  std::int64_t first_position = 0;  // of row 0 in the global batch
  // Called on the running thread once the last gradient of a bucket is written; buckets become ready
  // in ascending order. May be empty.
  std::function<void(int bucket)> on_bucket_ready;
};

// A model compiled for one batch size: a linear list of prepared steps over pre-planned memory,
// replayed with no allocation, no dispatch and no lock. Gradients are sums over samples, not means.
// Equal inputs give equal bits for any number of threads. One Run at a time.
class Plan;

}  // namespace descent
