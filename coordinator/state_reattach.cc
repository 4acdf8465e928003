// State's part that takes up an attempt which went on while the coordinator was restarted:
//   1. RestoreAttempt: a job that ran still does; its ranks are detached.
//   2. Reattach: a rank says which assignment it holds. It is told to begin once more, which it
//      ignores if it has, and an abort that it missed. One that holds what is over is aborted, and
//      gets no job until it has ended that.
//   3. ResumeGrants: all are back. The grants go on from the least that any of them has; a rank
//      that has more ignores what it knows. Where a grant ends with an evaluation or a checkpoint
//      follows from the spec alone, so all ranks do the same after the same step. A graceful stop
//      that was asked for, if only by a rank that comes back to leave, follows the grants, and what
//      was asked to be saved is asked again.
//   4. GiveUpOnDetached: some rank did not come back in time, and the attempt ends.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/limits.h"
#include "coordinator/state.h"

namespace descent {

bool State::RestoreAttempt(Job& job) {
  const bool is_asked_to_end =
      job.state == JobState::kSuspending || job.state == JobState::kStopping;
  if (job.state != JobState::kRunning && !is_asked_to_end) return false;
  const AttemptRecord& record = job.attempt;
  if (record.workers.empty() || record.world_ranks.size() != record.workers.size()) return false;
  Result<GrantPlanner> planner = GrantPlanner::Create(
      job.spec, job.train_samples,
      {.step = record.start_step, .is_own_checkpoint = record.starts_from_own_checkpoint});
  if (!planner.ok()) return false;

  Attempt attempt{.job_id = job.id,
                  .generation = record.generation,
                  .pool = record.pool,
                  .starts_from_own_checkpoint = record.starts_from_own_checkpoint,
                  .expected_start = record.start_step,
                  .planner = std::move(planner).value(),
                  .done_step = record.start_step,
                  .deadline = now_.monotonic + limits::kReattachTimeout};
  for (std::size_t rank = 0; rank < record.workers.size(); ++rank) {
    const std::string& worker = record.workers[rank];
    attempt.members.push_back({.session = kDetached,
                               .name = fmt::format("rank {} ({})", rank, worker),
                               .host = worker.substr(0, worker.rfind('/')),
                               .world_rank = record.world_ranks[rank]});
  }
  if (is_asked_to_end)
    attempt.stop = job.state == JobState::kStopping ? StopMode::kFinal : StopMode::kGraceful;
  attempts_.emplace(job.id, std::move(attempt));
  StoreEvent(job, "CoordinatorRestarted", "the coordinator restarted; the workers train on");
  return true;
}

void State::Reattach(SessionId session, const Register& message,
                     const std::optional<std::string>& leave_cause) {
  const HeldAssignment& held = *message.held;
  const auto found = attempts_.find(held.job);
  const bool is_known = found != attempts_.end() && found->second.generation == held.generation &&
                        found->second.pool == message.pool;
  Member* member = is_known ? found->second.FindDetached(message.world_rank) : nullptr;
  if (member == nullptr) {
    membership_.Find(session)->ends_first = held.generation;
    actions_.emplace_back(SendToWorker{
        .session = session,
        .message = Stop{.job = held.job, .generation = held.generation, .mode = StopMode::kAbort}});
    return;
  }

  Attempt& attempt = found->second;
  Job& job = JobOf(attempt);
  WorkerView& worker = *membership_.Find(session);
  worker.job_id = job.id;
  worker.phase = "compute";
  worker.step = held.step;
  // Before it counts as back: a stop that is asked for until then follows the grants of all ranks,
  // in place of further ones.
  if (leave_cause) Vacate(worker, kWorkerLeaving, *leave_cause);
  member->session = session;
  member->name =
      fmt::format("rank {} ({}, pid {})", attempt.RankOf(*member), worker.name(), worker.pid);
  const std::int64_t granted = held.granted.value_or(job.attempt.start_step);
  attempt.granted = std::min(attempt.granted.value_or(granted), granted);
  attempt.granted_most = std::max(attempt.granted_most, granted);
  attempt.done_step = std::max(attempt.done_step, held.step);

  const auto send = [&](CoordinatorMessage again) {
    actions_.emplace_back(SendToWorker{.session = session, .message = std::move(again)});
  };
  send(Begin{.job = job.id,
             .generation = attempt.generation,
             .shard_plan = MakeShardPlan(job.spec, job.train_samples),
             .total_steps = attempt.planner->arithmetic().total_steps});
  if (attempt.stop == StopMode::kAbort)
    send(Stop{.job = job.id, .generation = attempt.generation, .mode = StopMode::kAbort});
  if (!attempt.IsReattaching()) ResumeGrants(attempt);
}

// It may hang in it: until it is out of it, a gang with it would never begin.
void State::EndVoidAssignment(WorkerView& worker) {
  if (!worker.ends_first) return;
  worker.ends_first.reset();
  is_schedule_due_ = true;
}

void State::ResumeGrants(Attempt& attempt) {
  attempt.planner->Resume(*attempt.granted);
  attempt.runs_since = now_.monotonic;
  StoreEvent(JobOf(attempt), "WorkersReattached",
             fmt::format("all workers are back, at step {}", attempt.done_step));
  if (attempt.stop == StopMode::kAbort) return;
  attempt.deadline.reset();
  if (!attempt.stop) {
    TellToSave(attempt);
    return GrantMore(attempt);
  }
  // All have the same grants before they are told to stop: none waits for another in a step.
  SendGrants(attempt, attempt.planner->ExtendTo(attempt.granted_most));
  const StopMode mode = *attempt.stop;
  attempt.stop.reset();
  TellToStop(attempt, mode);
}

void State::GiveUpOnDetached(Attempt& attempt) {
  AttemptFailure failure{.is_retryable = true};
  for (Member& member : attempt.members) {
    if (!member.is_detached()) continue;
    member.is_gone = true;
    if (!failure.record.reason.empty()) continue;
    failure.record = {.reason = "WorkerLost",
                      .message = fmt::format("{} did not come back within {} s of the "
                                             "coordinator's restart",
                                             member.name, limits::kReattachTimeout.count()),
                      .rank = attempt.RankOf(member),
                      .host = member.host,
                      .step = attempt.done_step};
  }
  Fail(attempt, std::move(failure));
}

void State::StoreEvent(const Job& job, const std::string& event_type, const std::string& message) {
  const std::string state(JobStateName(job.state));
  actions_.emplace_back(StoreJob{.job = job,
                                 .event_type = event_type,
                                 .from_state = state,
                                 .to_state = state,
                                 .reason = event_type,
                                 .message = message,
                                 .origin = origin_});
}

}  // namespace descent
