// State's part that ends jobs whose deadline is over. What counts is the time in which a job is
// active: it holds workers, or recovers from the loss of them. It is measured by the monotonic
// clock, and is part of the job's record. Only what passed while the coordinator was away is the
// wall clock's, and no more of it than workers train on by themselves.
//   1. EndPastDeadline: a job with ranks is SUSPENDING, reason DeadlineExceeded, as one that is
//      suspended: its state is saved after a step that all reach.
//   2. FailPastDeadline: it is FAILED, whatever became of the save, and not tried again. Or its
//      deadline was moved meanwhile, and it goes back into the queue.
// One that is SUSPENDED stays that, so that its deadline can be changed before it goes on.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/duration.h"
#include "common/limits.h"
#include "coordinator/state.h"

namespace descent {
namespace {

// A coordinator that is killed loses no more of a job's active time than this.
constexpr double kStoreEverySeconds = 60;

// Of the time for which a coordinator was away, by a wall clock that may have jumped, a job that it
// finds running has used no more than this.
constexpr double kAwaySecondsMax = 600;

}  // namespace

void State::RestoreActiveTime(Job& job) {
  if (!IsActive(job.state)) return;
  if (job.active_until > 0)
    job.active_seconds += std::clamp(now_.wall - job.active_until, 0.0, kAwaySecondsMax);
  memories_.at(job.sequence).active_seconds_stored = job.active_seconds;
  CountActiveTime(job);
}

void State::CountActiveTime(Job& job) {
  JobMemory& memory = memories_.at(job.sequence);
  if (memory.active_since)
    job.active_seconds += SecondsBetween(*memory.active_since, now_.monotonic);
  memory.active_since.reset();
  job.active_until = 0;
  if (!IsActive(job.state)) return;
  memory.active_since = now_.monotonic;
  job.active_until = now_.wall;
}

void State::EnforceDeadlines() {
  std::vector<std::int64_t> past;
  for (auto& [sequence, memory] : memories_) {
    Job& job = jobs_.at(sequence);
    if (memory.active_since) CountActiveTime(job);
    if (IsPastDeadline(job)) {
      past.push_back(sequence);
    } else if (job.deadline_seconds > 0 &&
               job.active_seconds >= memory.active_seconds_stored + kStoreEverySeconds) {
      memory.active_seconds_stored = job.active_seconds;
      const std::string state(JobStateName(job.state));
      actions_.push_back(StoreJob{.job = job,
                                  .event_type = "",
                                  .from_state = state,
                                  .to_state = state,
                                  .reason = job.state_reason,
                                  .message = job.state_message});
    }
  }
  for (const std::int64_t sequence : past) EndPastDeadline(jobs_.at(sequence));
}

bool State::IsPastDeadline(const Job& job) {
  const bool can_end = !IsTerminal(job.state) && !IsEnding(job.state);
  return can_end && job.state != JobState::kSuspended && IsDeadlineOver(job);
}

bool State::IsDeadlineOver(const Job& job) {
  return job.deadline_seconds > 0 &&
         job.active_seconds >= static_cast<double>(job.deadline_seconds);
}

void State::EndPastDeadline(Job& job) {
  const auto attempt = attempts_.find(job.id);
  if (attempt == attempts_.end()) return FailPastDeadline(job, "");
  if (attempt->second.stop) return;  // it failed: its end is followed by FAILED all the same
  Move(job, JobState::kSuspending, std::string(kDeadlineExceeded),
       fmt::format("its deadline, {}, is over: its workers save its state and stop",
                   DurationText(job.deadline_seconds)));
  TellToStop(attempt->second, StopMode::kGraceful);
}

void State::FailPastDeadline(Job& job, const std::string& cause) {
  const std::string kept = job.checkpoints.empty() ? "it has saved no state"
                                                   : fmt::format("its state after step {} is kept",
                                                                 job.checkpoints.back().step);
  job.failure = FailureRecord{
      .reason = std::string(kDeadlineExceeded),
      .message = fmt::format("{}it was active for {}, its deadline is {}; {}", cause,
                             DurationText(static_cast<std::int64_t>(job.active_seconds)),
                             DurationText(job.deadline_seconds), kept),
      .step = job.step};
  Move(job, JobState::kFailed, job.failure->reason, job.failure->message);
  is_schedule_due_ = true;
}

}  // namespace descent
