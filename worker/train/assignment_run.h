#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/early_stopping.h"
#include "common/gradient_noise.h"
#include "common/profile_options.h"
#include "common/result.h"
#include "common/worker_protocol.h"
#include "worker/collective/collective.h"
#include "worker/data/load_datasets.h"
#include "worker/data/prefetcher.h"
#include "worker/kernels/thread_pool.h"
#include "worker/train/assignment.h"
#include "worker/train/checkpoint_saver.h"
#include "worker/train/nonfinite_policy.h"
#include "worker/train/plan_cache.h"
#include "worker/train/progress_marker.h"
#include "worker/train/run_profile.h"
#include "worker/train/step_control.h"
#include "worker/train/train_state.h"
#include "worker/train/train_step.h"

namespace descent {

// The stages of RunAssignment and what they hand on. One thread; every rank goes through the same
// stages and makes the same collective calls.
//
// Rank 0 writes checkpoints beside the steps (CheckpointSaver) and looks after each step whether
// one has been written, to report it. It waits for that before
//   - the next checkpoint is begun, and an evaluation of a later step is reported: what the
//     coordinator hears keeps its order;
//   - a rollback, for which all ranks wait, because all of them read it;
//   - a wait for the coordinator, which may last;
//   - the end of the attempt, whatever its outcome: the test set is evaluated after it.
// A write that fails ends the attempt where it is found, in the phase "checkpoint".
class AssignmentRun {
 public:
  struct Options {  // everything referred to outlives the run
    const Assign& assign;
    std::string_view instruction_set;
    Collective& collective;
    StepControl& control;
    AssignmentReporter& reporter;
    ProfileOptions profile;
    ProgressMarker& progress;
  };

  explicit AssignmentRun(const Options& options);

  AssignmentEnded Perform();

 private:
  Status Prepare();
  Status LoadStart();
  void ReportPrepared();
  Result<EndOutcome> Train(const Begin& begin);
  Result<StepOutcome> RunStep(TrainStep& train_step);
  // To the end of the grant, or to the step after which all ranks stop: what they were asked for.
  Result<StepRequests> RunGrant(TrainStep& train_step, const GrantSteps& grant);
  Status FinishGrant(const GrantSteps& grant);  // its last step is done
  Result<EndOutcome> Stop(const StepRequests& requests);
  Result<EndOutcome> Finish(EndOutcome outcome);
  Status EvaluateSplit(EvaluationSplit split);
  bool IsStoppedEarly() const;

  // All ranks compare their states; rank 0 begins to write. Does nothing if this state is saved.
  Status SaveCheckpoint();
  CheckpointDescription Description() const;
  // Waits for what is being written, if there is something, and reports it.
  Status FinishCheckpoint();
  Status FinishCheckpointOnAllRanks();
  // Rank 0: the coordinator's word about the last checkpoint lets others go, which nothing that is
  // still to be written would remove.
  void RemoveLastSurplus() const;
  void SetPhase(std::string_view phase);
  void Report(WorkerMessage message);
  Result<std::optional<GrantSteps>> WaitForGrant();
  void BeginProfile(const Begin& begin);
  TraceTrack* training_trace() { return profile_ ? profile_->training() : nullptr; }
  AssignmentEnded Ended(EndOutcome outcome) const;
  AssignmentEnded Failed(const Status& status);

  const Options options_;
  const JobSpec& spec_;
  ThreadPool pool_;
  std::string phase_ = "prepare";
  // From Prepare on:
  Datasets datasets_;
  std::optional<PlanCache> plans_;
  std::optional<TrainState> state_;
  std::int64_t saved_step_ = 0;  // steps_done of the newest checkpoint that was begun, or 0
  // Requests to save and go on, equal on every rank: the newest that was heard in a step, and the
  // newest that a checkpoint was begun for.
  std::int64_t heard_request_ = 0;
  std::int64_t saved_request_ = 0;
  EarlyStoppingState early_stopping_;  // if the spec has it; equal on every rank
  SmoothedNoise noise_;                // over the job's steps; equal on every rank
  std::optional<NonfinitePolicy> nonfinite_policy_;
  std::optional<CheckpointSaver> saver_;  // of rank 0
  // From Train on:
  std::optional<ShardPlanner> planner_;
  std::optional<RunProfile> profile_;  // behind the plans, whose steps it names
};

}  // namespace descent
