#include "coordinator/grant_planner.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"
#include "common/limits.h"

namespace descent {
namespace {

// Grants that are given out and not done stay within the queue of a worker's stream, whatever the
// pace and however short they are.
constexpr std::size_t kGrantsAtOnceMax = 256;
static_assert(kGrantsAtOnceMax < limits::kStreamQueueMax);

// A pace beyond this is a measuring error, and the product below must not overflow.
constexpr double kStepsPerSecondMax = 1e6;

// The first multiple of `every` after `step`, at most `limit`.
std::int64_t NextMultiple(std::int64_t step, std::int64_t every, std::int64_t limit) {
  if (every == 0) return limit;
  const std::int64_t to_go = every - step % every;
  return to_go >= limit - step ? limit : step + to_go;
}

bool IsMultiple(std::int64_t step, std::int64_t every) { return every > 0 && step % every == 0; }

std::string Steps(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " step" : " steps");
}

}  // namespace

Result<GrantPlanner> GrantPlanner::Create(const JobSpec& spec, std::int64_t train_samples,
                                          AttemptStart start) {
  std::string problems;
  for (const Violation& violation : ValidateAgainstTrainingSet(spec, train_samples))
    problems += (problems.empty() ? "" : "; ") + violation.field + ": " + violation.message;
  if (!problems.empty()) return Status(Code::kFailedPrecondition, problems);

  const BatchArithmetic arithmetic = ComputeBatchArithmetic(spec, train_samples);
  if (start.step > arithmetic.last_step ||
      (start.step == arithmetic.last_step && !start.is_own_checkpoint))
    return Status(Code::kFailedPrecondition, "the checkpoint to start from has " +
                                                 Steps(start.step) + " done, the job ends after " +
                                                 Steps(arithmetic.last_step));
  return GrantPlanner(spec, arithmetic, start);
}

GrantPlanner::GrantPlanner(const JobSpec& spec, const BatchArithmetic& arithmetic,
                           AttemptStart start)
    : arithmetic_(arithmetic),
      has_validation_(spec.data.validation.has_value()),
      evaluate_every_(has_validation_ ? spec.evaluate.every_steps : 0),
      evaluate_every_epochs_(
          has_validation_ ? spec.evaluate.every_epochs * arithmetic.steps_per_epoch : 0),
      save_every_(spec.checkpoint.every_steps),
      granted_(start.step),
      is_saved_(start.is_own_checkpoint) {}

std::vector<GrantSteps> GrantPlanner::Extend(std::int64_t done_step, double steps_per_second) {
  DESCENT_CHECK(done_step >= 0);
  const double seconds = std::chrono::duration<double>(limits::kGrantAheadTimeMin).count();
  const double pace = std::clamp(steps_per_second, 0.0, kStepsPerSecondMax);
  const std::int64_t ahead =
      std::max(limits::kGrantAheadStepsMin, static_cast<std::int64_t>(std::ceil(pace * seconds)));

  std::vector<GrantSteps> grants;
  const std::int64_t done = std::min(done_step, granted_);  // a worker's word, not a fact
  while (!unfinished_ends_.empty() && unfinished_ends_.front() <= done)
    unfinished_ends_.pop_front();
  if (is_final_granted_ || granted_ - done >= ahead) return grants;
  const std::int64_t target = std::min(done + 2 * ahead, arithmetic_.last_step);
  while (!is_final_granted_ && (granted_ < target || target == arithmetic_.last_step) &&
         unfinished_ends_.size() < kGrantsAtOnceMax) {
    grants.push_back(NextGrant(target));
    Pass(grants.back());
  }
  return grants;
}

std::vector<GrantSteps> GrantPlanner::ExtendTo(std::int64_t step) {
  std::vector<GrantSteps> grants;
  while (granted_ < std::min(step, arithmetic_.last_step)) {
    grants.push_back(NextGrant(std::min(step, arithmetic_.last_step)));
    Pass(grants.back());
  }
  return grants;
}

void GrantPlanner::Pass(const GrantSteps& grant) {
  granted_ = grant.last;
  is_final_granted_ = grant.is_final;
  unfinished_ends_.push_back(grant.last);
}

void GrantPlanner::Resume(std::int64_t granted) {
  if (granted <= granted_) return;  // nothing has been granted yet
  granted_ = std::min(granted, arithmetic_.last_step);
  is_saved_ = false;
  is_final_granted_ = granted_ == arithmetic_.last_step;
}

GrantSteps GrantPlanner::NextGrant(std::int64_t limit) const {
  const std::int64_t last = std::min({NextMultiple(granted_, evaluate_every_, limit),
                                      NextMultiple(granted_, evaluate_every_epochs_, limit),
                                      NextMultiple(granted_, save_every_, limit)});
  return {.first = granted_,
          .last = last,
          .evaluate = EvaluatesAfter(last),
          .save_checkpoint = SavesAfter(last) && !(last == granted_ && is_saved_),
          .is_final = last == arithmetic_.last_step};
}

bool GrantPlanner::EvaluatesAfter(std::int64_t step) const {
  return has_validation_ && (step == arithmetic_.last_step || IsMultiple(step, evaluate_every_) ||
                             IsMultiple(step, evaluate_every_epochs_));
}

bool GrantPlanner::SavesAfter(std::int64_t step) const {
  return step == arithmetic_.last_step || IsMultiple(step, save_every_);
}

}  // namespace descent
