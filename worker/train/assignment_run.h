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
#include "worker/train/nonfinite_policy.h"
#include "worker/train/plan_cache.h"
#include "worker/train/progress_marker.h"
#include "worker/train/run_checkpoints.h"
#include "worker/train/run_profile.h"
#include "worker/train/state_verifier.h"
#include "worker/train/step_control.h"
#include "worker/train/train_state.h"
#include "worker/train/train_step.h"

namespace descent {

// The stages of RunAssignment and what they hand on. One thread; every rank goes through the same
// stages and makes the same collective calls.
//
// A checkpoint is written while the next steps run (RunCheckpoints). Waits for that:
//   - the next save, and the report of an evaluation of a later step: what the coordinator hears
//     keeps its order;
//   - a rollback, for which all ranks wait, because all of them read it;
//   - a wait for the coordinator, which may last;
//   - the end of the attempt, whatever its outcome: the test set is evaluated after it.
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
  Result<std::optional<Digest>> VerifyIfDue();
  Result<Digest> Verify();  // of the parameters
  // To the end of the grant, or to the step after which all ranks stop: what they were asked for.
  Result<StepRequests> RunGrant(TrainStep& train_step, const GrantSteps& grant);
  // Its last step is done.
  Status FinishGrant(const GrantSteps& grant, const StepRequests& requests);
  SaveKind KindOfSave(const GrantSteps& grant, const StepRequests& requests) const;
  Result<EndOutcome> Stop(const StepRequests& requests);
  Result<EndOutcome> Finish(EndOutcome outcome);
  Status EvaluateSplit(EvaluationSplit split);
  bool IsStoppedEarly() const;

  CheckpointDescription Description() const;
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
  EarlyStoppingState early_stopping_;  // if the spec has it; equal on every rank
  SmoothedNoise noise_;                // over the job's steps; equal on every rank
  std::optional<NonfinitePolicy> nonfinite_policy_;
  std::optional<StateVerifier> verifier_;
  std::optional<RunCheckpoints> checkpoints_;
  // From Train on:
  std::optional<ShardPlanner> planner_;
  std::optional<RunProfile> profile_;  // behind the plans, whose steps it names
};

}  // namespace descent
