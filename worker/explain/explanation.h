#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/collective/canonical_tree.h"
#include "worker/data/datasets.h"
#include "worker/explain/machine_rates.h"
#include "worker/plan/plan.h"

namespace descent {

// What a job is compiled to, and what that costs on this machine, for `descent explain`.

// Parameters of one shape whose names differ in numbers alone: "transformer.h.*.ln_1.weight".
struct TensorGroup {
  std::string name;
  Shape shape;
  std::int64_t tensors = 0;
  std::int64_t elements = 0;
};

struct BucketExplanation {
  std::int64_t bytes = 0;
  int ready_after = 0;  // step of the training plan
};

struct StepExplanation {
  std::string op;
  std::string text;  // "y[4, 8] = relu(x)"
  double flops = 0;
  double bytes = 0;
  double seconds = 0;  // predicted
};

struct PlanExplanation {
  std::string name;  // "training"
  std::int64_t samples = 0;
  PlanCost cost;
  double seconds = 0;  // predicted
  std::vector<StepExplanation> steps;
};

// Of one worker, in bytes.
struct MemoryExplanation {
  std::int64_t parameters = 0;
  std::int64_t optimizer = 0;  // moments, and the average of the weights where there is one
  std::int64_t gradients = 0;  // all buffers of the tree
  int gradient_buffers = 0;
  std::int64_t training_activations = 0;  // of the plan that writes and the one that accumulates
  std::int64_t evaluation_activations = 0;
  std::int64_t checkpoint = 0;  // of the worker that writes them: the copy that is written

  std::int64_t Total() const;
};

// Predicted times of a training step of the worker that has the most to do.
struct StepTimes {
  double plans = 0;      // forward and backward of all its micro-batches
  double additions = 0;  // of gradients of logical workers, and their norms
  double exchange = 0;   // of gradients with the others, as far as memory bounds it
  double update = 0;

  double Total() const { return plans + additions + exchange + update; }
};

struct Explanation {
  int workers = 1;
  int threads = 1;
  std::int64_t train_samples = 0;
  std::int64_t parameter_count = 0;
  // In the order of the forward pass, running statistics last.
  std::vector<TensorGroup> groups;
  MemoryExplanation memory;
  std::vector<PlanExplanation> plans;  // training, evaluation
  ParameterLayout layout;
  std::vector<int> gradient_writers;  // by slot: the step of the training plan
  std::vector<BucketExplanation> buckets;
  double exchanged_bytes = 0;  // sent by a worker in a step, were all on different hosts
  StepTimes step;
  MachineRates rates;
};

// Compiles the plans of a valid job that fits its data, and predicts a step of `workers` of them,
// at most batch.logical_workers, by what this machine can do with the threads of one. Blocks for as
// long as compiling takes. kInvalidArgument, kInternal: as Plan::Compile.
Result<Explanation> Explain(const JobSpec& spec, const Datasets& datasets, int workers,
                            const MachineRates& rates);

// The tree in which `workers` of them add the gradients of a job's first step.
CanonicalTree TreeOf(const JobSpec& spec, std::int64_t train_samples, int workers);

std::string ToJson(const Explanation& explanation);

}  // namespace descent
