// State's part for pools that take one job alone (descent-worker --job). The scheduler gives them
// no other; here they are sent away with what became of it, once it is at its end or suspended. A
// pool that comes for a job that is suspended, or not there yet, waits for it.
#include "common/check.h"
#include "coordinator/state.h"

namespace descent {
namespace {

JobOutcome OutcomeOf(JobState state) {
  switch (state) {
    case JobState::kSucceeded:
      return JobOutcome::kSucceeded;
    case JobState::kFailed:
      return JobOutcome::kFailed;
    case JobState::kCancelled:
      return JobOutcome::kCancelled;
    default:
      DESCENT_CHECK(state == JobState::kSuspended);
      return JobOutcome::kSuspended;
  }
}

}  // namespace

void State::DismissOwnPools(const Job& job) {
  for (const SessionId session : membership_.SessionsFor(job.id)) SendAway(session, job);
}

// It may have missed that: its stream was broken, or the coordinator was away.
void State::DismissIfOver(SessionId session, const Register& message) {
  const Job* job = message.only_job.empty() ? nullptr : FindJob(message.only_job);
  if (job == nullptr) return;
  const bool has_served_it = message.held && message.held->job == job->id;
  if (IsTerminal(job->state) || (job->state == JobState::kSuspended && has_served_it))
    SendAway(session, *job);
}

// It gets no job from now on, not even that one if it is resumed at once.
void State::SendAway(SessionId session, const Job& job) {
  membership_.Find(session)->leaving = "its job is over here";
  actions_.emplace_back(SendToWorker{.session = session, .message = Dismiss{OutcomeOf(job.state)}});
}

}  // namespace descent
