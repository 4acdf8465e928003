#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "common/job_spec.h"
#include "common/nonfinite_spec.h"
#include "common/result.h"
#include "worker/train/nonfinite_step.h"
#include "worker/train/plan_cache.h"
#include "worker/train/train_state.h"

namespace descent {

// Does what the spec says about steps whose loss or gradient is not finite
// (docs/nonfinite_steps.md). What it does is a function of the spec and of the steps alone, so that
// every rank, and every attempt that computes a step again, does the same. One thread.
class NonfinitePolicy {
 public:
  struct Options {  // everything referred to outlives the policy
    const JobSpec& spec;
    const PlanCache& plans;
    TrainState& state;
    std::filesystem::path checkpoints;  // of the job
    std::string_view instruction_set;
    std::function<void(std::string_view phase)> set_phase;
    // Every rank calls it: all checkpoints that were begun are on disk when it returns.
    std::function<Status()> finish_checkpoints;
  };

  explicit NonfinitePolicy(Options options) : options_(std::move(options)) {}

  // What a checkpoint keeps, and an attempt that goes on from it begins with.
  std::int64_t steps_in_a_row() const { return steps_in_a_row_; }
  void set_steps_in_a_row(std::int64_t count) { steps_in_a_row_ = count; }

  // After a step that was finite, and is done.
  void HearFinite();

  // After a step, number state.steps_done(), that was not and has made no update: makes it done, or
  // fails. Every rank calls it.
  //   kFailedPrecondition  the job is to fail: on every rank alike
  //   what TrainState::Load and finish_checkpoints return
  Result<NonfiniteReport> Handle(const NonfiniteStep& step);

 private:
  Status RollBackTo(std::int64_t step);
  void ForgetAtCheckpoint();

  const Options options_;
  // Of skipped steps those without a finite one between them, of rollbacks those to one checkpoint.
  std::int64_t steps_in_a_row_ = 0;
};

}  // namespace descent
