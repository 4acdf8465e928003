#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "common/gradient_noise.h"
#include "common/job_spec.h"
#include "common/result.h"
#include "common/shard_planner.h"
#include "common/trace.h"
#include "common/worker_protocol.h"
#include "worker/collective/collective.h"
#include "worker/data/prefetcher.h"
#include "worker/train/communication_thread.h"
#include "worker/train/gradient_reducer.h"
#include "worker/train/nonfinite_samples.h"
#include "worker/train/nonfinite_step.h"
#include "worker/train/parameter_update.h"
#include "worker/train/plan_cache.h"
#include "worker/train/progress_marker.h"
#include "worker/train/slice_map.h"
#include "worker/train/step_exchange.h"
#include "worker/train/train_state.h"

namespace descent {

struct StepOutcome {
  StepMetrics metrics;
  std::optional<GradientNoise> noise;  // of this step alone; of more than one logical worker
  StepRequests requests;               // of all ranks, to be obeyed by all after this step
  // The loss or the gradient is not finite, on every rank alike: the state is as it was before.
  std::optional<NonfiniteStep> nonfinite;
};

// One step of data-parallel training: see Run in train_step.cc. Every rank makes the same calls,
// from one thread.
class TrainStep {
 public:
  // Everything referred to outlives the TrainStep.
  struct Options {
    const JobSpec& spec;
    ShardPlan shard_plan;
    std::int64_t total_steps = 0;  // what the learning-rate schedule spans
    ThreadPool& pool;
    PlanCache& plans;
    TrainState& state;
    const Dataset& dataset;  // the training set
    Prefetcher& batches;     // of it: begins at the first step that is run
    Collective& collective;
    std::function<void(std::string_view phase)> set_phase;
    // Of the thread that calls Run, and of the communication thread; null: not recorded.
    TraceTrack* trace = nullptr;
    TraceTrack* communication_trace = nullptr;
    ProgressMarker* progress = nullptr;  // as of a GradientReducer
  };

  explicit TrainStep(Options options);

  // Runs step number state.steps_done(); then the state has one step more, unless the outcome says
  // that the step is not finite.
  //   kAborted             a peer is gone
  //   kResourceExhausted   no room for the gradients
  // After a failure the state is as it was before the step, and no further step may be run.
  Result<StepOutcome> Run(const StepRequests& mine);

 private:
  std::vector<bool> PresentLeaves(std::int64_t step) const;
  Status ComputeGradients(std::int64_t step);
  const Batch& WaitForBatch(std::int64_t step, std::size_t leaf);
  Result<double> ComputeBatch(const Batch& batch, std::size_t leaf);
  Status WaitForReductions();
  Result<NonfiniteStep> FindNonfinite(std::int64_t step, double loss, double norm);
  std::optional<GradientNoise> MeasureNoise() const;
  double LearningRate(std::int64_t step) const;
  bool FusesUpdate() const;
  GradientReducer::SumListener OnSum();

  const Options options_;
  const ShardPlanner planner_;
  const SliceMap slices_;
  ParameterUpdate update_;
  StepExchange exchange_;
  NonfiniteSamples nonfinite_samples_;
  std::vector<float> sample_losses_;  // of one batch
  std::vector<float> sample_correct_;
  GradientReducer reducer_;
  CommunicationThread communication_;  // last: it is gone before what its tasks use
};

}  // namespace descent
