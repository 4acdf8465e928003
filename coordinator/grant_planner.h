#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "common/job_spec.h"
#include "common/result.h"
#include "common/worker_protocol.h"

namespace descent {

// Where an attempt begins. A job's own last checkpoint may already be its final state, if the
// attempt that wrote it was lost before it ended; a checkpoint from elsewhere must leave work.
struct AttemptStart {
  std::int64_t step = 0;
  bool is_own_checkpoint = false;
};

// Cuts an attempt's steps into grants. A grant ends where something happens after its last step:
// an evaluation, a checkpoint, or the end of the job, which always has both (the evaluation if
// there is a validation set). Without such a step it ends wherever enough is granted ahead.
class GrantPlanner {
 public:
  // kFailedPrecondition: the spec cannot be run over so many samples, or from that step; the
  // message says why. The spec is valid.
  static Result<GrantPlanner> Create(const JobSpec& spec, std::int64_t train_samples,
                                     AttemptStart start);

  // Nothing while enough is granted beyond `done_step`: kGrantAheadStepsMin steps, or as many as
  // take kGrantAheadTimeMin at the measured pace (0: not known yet). Otherwise the next grants, to
  // twice that, so that not every report leads to a grant. Where grants are short there are fewer
  // steps ahead: the number of grants that are not done is bounded. An attempt that starts at the
  // last step gets one empty final grant. Job and generation are left for the caller to fill in.
  std::vector<GrantSteps> Extend(std::int64_t done_step, double steps_per_second);

  // The grants up to `step`, or to the end of the job if that comes first.
  std::vector<GrantSteps> ExtendTo(std::int64_t step);

  // Goes on from where the workers' grants end, which may be the end of the job.
  void Resume(std::int64_t granted);

  const BatchArithmetic& arithmetic() const { return arithmetic_; }

 private:
  friend class StateFingerprint;  // as of State

  GrantPlanner(const JobSpec& spec, const BatchArithmetic& arithmetic, AttemptStart start);

  bool EvaluatesAfter(std::int64_t step) const;
  bool SavesAfter(std::int64_t step) const;
  GrantSteps NextGrant(std::int64_t limit) const;
  void Pass(const GrantSteps& grant);  // it is given out

  BatchArithmetic arithmetic_;
  bool has_validation_ = false;
  std::int64_t evaluate_every_ = 0;           // steps; 0: never
  std::int64_t evaluate_every_epochs_ = 0;    // in steps; 0: never
  std::int64_t save_every_ = 0;               // steps; 0: never
  std::int64_t granted_ = 0;                  // steps before it are granted
  std::deque<std::int64_t> unfinished_ends_;  // of the grants that are not done, ascending
  bool is_saved_ = false;                     // the state at granted_ is the job's own checkpoint
  bool is_final_granted_ = false;
};

}  // namespace descent
