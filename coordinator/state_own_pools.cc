// State's part for pools that take one job alone (descent-worker --job). The scheduler gives them
// no other; here they are sent away with what became of it, once it is at its end or suspended. A
// pool that comes for a job that is suspended, or not there yet, waits for it; one whose job was
// forgotten after its end cannot tell that from a job that is still to come, unless it served it.
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
  for (const SessionId session : membership_.SessionsFor(job.id))
    SendAway(session, OutcomeOf(job.state));
}

// It may have missed that: its stream was broken, or the coordinator was away.
bool State::DismissIfOver(SessionId session, const Register& message) {
  if (message.only_job.empty()) return false;
  const Job* job = FindJob(message.only_job);
  const bool has_served_it = message.held && message.held->job == message.only_job;
  if (job == nullptr) {
    // It was deleted, so nobody asks for its result.
    if (has_served_it) SendAway(session, JobOutcome::kCancelled);
    return has_served_it;
  }
  const bool is_over =
      IsTerminal(job->state) || (job->state == JobState::kSuspended && has_served_it);
  if (is_over) SendAway(session, OutcomeOf(job->state));
  return is_over;
}

// It gets no job from now on, not even that one if it is resumed at once.
void State::SendAway(SessionId session, JobOutcome outcome) {
  membership_.Find(session)->leaving = "its job is over here";
  actions_.emplace_back(SendToWorker{.session = session, .message = Dismiss{outcome}});
}

}  // namespace descent
