#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/job_spec.h"
#include "common/result.h"
#include "common/shard_planner.h"
#include "common/worker_protocol.h"
#include "worker/collective/collective.h"
#include "worker/data/prefetcher.h"
#include "worker/train/communication_thread.h"
#include "worker/train/gradient_reducer.h"
#include "worker/train/plan_cache.h"
#include "worker/train/train_state.h"

namespace descent {

// What the ranks tell each other after the backward pass of each step.
struct StepOutcome {
  StepMetrics metrics;
  bool is_stop_agreed = false;  // some rank was asked to stop: all stop after this step
};

// One step of data-parallel training, on one screen: see Run in train_step.cc. Every rank makes the
// same calls. One thread.
class TrainStep {
 public:
  struct Options {
    const JobSpec& spec;
    const ShardPlan& shard_plan;
    std::int64_t total_steps;  // what the learning-rate schedule spans
    ThreadPool& pool;
    PlanCache& plans;
    TrainState& state;
    Prefetcher& batches;  // begins at the first step that is run
    Collective& collective;
    std::function<void(std::string_view phase)> set_phase;
  };

  explicit TrainStep(const Options& options);  // everything referred to outlives it

  // Runs the step state.steps_done(); the state then has one step more.
  //   kAborted             a peer is gone; the state is as it was before the step
  //   kFailedPrecondition  the loss or the gradient is not finite; the state is as it was
  Result<StepOutcome> Run(bool is_stop_requested);

 private:
  // One rank's part of the exchange, fixed in size: its logical workers' losses, then the flag.
  struct Exchanged {
    double loss = 0;
    bool is_stop_agreed = false;
  };

  std::vector<bool> PresentLeaves(std::int64_t step) const;
  Status ComputeGradients();
  Result<double> ComputeLeaf(std::size_t leaf);
  void PostExchange(bool is_stop_requested);
  Exchanged ReadExchange() const;
  void Update(double learning_rate, double gradient_scale);

  const Options options_;
  const ShardPlanner planner_;
  const IndexRange logical_workers_;  // this rank's
  CommunicationThread communication_;
  GradientReducer reducer_;
  std::vector<float> sample_losses_;
  std::vector<float> sample_correct_;
  std::vector<double> leaf_losses_;     // [logical workers of the largest rank + 1]: sums, flag
  std::vector<double> gathered_;        // leaf_losses_ of every rank
};

}  // namespace descent
