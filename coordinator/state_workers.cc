// State's part that listens to workers.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "coordinator/progress.h"
#include "coordinator/retention.h"
#include "coordinator/state.h"

namespace descent {
namespace {

// What a checkpoint's directory has is given to whoever may read the job: a worker may name those
// of its job alone.
std::optional<FailureRecord> CheckPlace(const CheckpointWritten& written,
                                        const std::string& directory) {
  const std::string_view place = written.directory;
  const std::string_view name = place.substr(std::min(place.size(), directory.size() + 1));
  const bool is_name = !name.empty() && name != "." && name != ".." && name.find('/') == name.npos;
  if (place.starts_with(directory + "/") && is_name) return std::nullopt;
  return FailureRecord{.reason = "CheckpointMisplaced",
                       .message = fmt::format("the state after step {} was written to {}, not into "
                                              "a directory of {}",
                                              written.step, place, directory),
                       .step = written.step};
}

}  // namespace

void State::Hear(SessionId session, const Register& message) {
  if (membership_.Find(session) != nullptr)
    return Close(session, "a worker registers once in a stream");
  if (const Status status = membership_.Check(message); !status.ok())
    return Close(session, status.message());
  // A worker that lost its stream comes back before the loss of the old one was noticed.
  if (const auto older = membership_.HolderOf(message.pool, message.world_rank))
    Close(*older, "the same rank registered again");
  WorkerView& worker = membership_.Admit(session, message, now_.monotonic);
  worker.cordon = cordons_.Of(message.pool, message.world_rank);
  const std::optional<std::string> leave_cause = CauseToLeave(worker, message);
  if (message.held) Reattach(session, message, leave_cause);
  const bool is_sent_away = DismissIfOver(session, message);
  if (message.leaving) {
    worker.leaving = message.leaving;
    LeaveTogether(worker, *message.leaving);
  } else if (leave_cause && !is_sent_away) {
    worker.leaving = leave_cause;
    actions_.push_back(SendToWorker{.session = session, .message = Leave{*leave_cause}});
  }
  // Before, none of its ranks can be given to a job.
  if (membership_.IsReady(message.pool)) is_schedule_due_ = true;
}

void State::Hear(SessionId session, const Heartbeat& message) {
  WorkerView& worker = *membership_.Find(session);
  const Job* const job = FindJob(worker.job_id);
  worker.cpu_utilization = UtilizationBetween(worker.resources, message.resources,
                                              job == nullptr ? 1 : job->spec.workers.threads);
  worker.resources = message.resources;
  if (message.job.empty()) EndVoidAssignment(worker);
  const bool is_idle = message.job.empty() && worker.job_id.empty();
  Attempt* attempt = FindAttempt(session, message.job, message.generation);
  if (!is_idle && attempt == nullptr) return;
  if (attempt != nullptr) attempt->FindMember(session)->standing.Hear(message, now_.monotonic);
  worker.phase = message.phase;
  worker.step = message.step;
  if (message.times.steps > 0) worker.times = message.times;
}

void State::Hear(SessionId session, const Prepared& message) {
  Attempt* attempt = FindAttempt(session, message.job, message.generation);
  if (attempt == nullptr || attempt->planner) return;
  attempt->FindMember(session)->prepared = message;
  if (!attempt->stop && attempt->AllPrepared()) BeginSteps(*attempt);
}

void State::Hear(SessionId session, const StepReports& message) {
  Attempt* attempt = FindAttempt(session, message.job, message.generation);
  if (attempt == nullptr || !attempt->planner || message.steps.empty()) return;
  Job& job = JobOf(*attempt);
  attempt->MeasurePace(message.steps);
  attempt->done_step = std::max(attempt->done_step, message.steps.back().step);
  WorkerView& worker = *membership_.Find(session);
  worker.step = std::max(worker.step, message.steps.back().step);

  if (auto divergence = RecordVerifiedSteps(job, message.steps))
    return Fail(*attempt, {.record = std::move(*divergence)});
  const std::int64_t nonfinite_steps = job.nonfinite_steps.count;
  std::vector<MetricPoint> points = AdvanceSteps(job, message.steps);
  if (job.nonfinite_steps.count > nonfinite_steps) {
    const std::string state(JobStateName(job.state));
    actions_.push_back(StoreJob{.job = job,
                                .event_type = "NonfiniteStep",
                                .from_state = state,
                                .to_state = state,
                                .reason = "NonFiniteStep",
                                .message = job.nonfinite_steps.last_message});
  }
  job.last_step_time = now_.wall;
  job.steps_per_second = attempt->steps_per_second;
  job.samples_per_second = attempt->samples_per_second;
  if (!attempt->recent_step_seconds.empty()) {
    job.median_step_seconds = attempt->MedianStepSeconds();
    job.last_step_seconds = attempt->recent_step_seconds.back();
  }
  if (!points.empty())
    actions_.push_back(RecordMetrics{.job_id = job.id, .points = std::move(points)});
  actions_.push_back(NotifyWatchers{.job_id = job.id});
  GrantMore(*attempt);
}

void State::Hear(SessionId session, const EvaluationReport& message) {
  Attempt* attempt = FindAttempt(session, message.job, message.generation);
  if (attempt == nullptr) return;
  // Also of a step that is computed again: its checkpoint is still to come.
  if (message.split == EvaluationSplit::kValidation)
    JobOf(*attempt).validation = {.step = message.step, .values = message.values};
  auto& evaluated = memories_.at(JobOf(*attempt).sequence).evaluated;
  const auto last = evaluated.find(message.split);
  if (last != evaluated.end() && message.step <= last->second) return;
  evaluated[message.split] = message.step;
  actions_.push_back(
      RecordMetrics{.job_id = message.job, .points = RecordEvaluation(JobOf(*attempt), message)});
  actions_.push_back(NotifyWatchers{.job_id = message.job});
}

void State::Hear(SessionId session, const CheckpointWritten& message) {
  Attempt* attempt = FindAttempt(session, message.job, message.generation);
  if (attempt == nullptr) return;
  Job& job = JobOf(*attempt);
  if (auto misplaced = CheckPlace(message, CheckpointDirectoryOf(job.id)))
    return Fail(*attempt, {.record = std::move(*misplaced)});
  if (auto divergence = RecordCheckpoint(job, message, now_.wall))
    return Fail(*attempt, {.record = std::move(*divergence)});
  EndSkippedSaves(job, now_.wall);
  job.attempt.save_requests_done = std::max(job.attempt.save_requests_done, message.request);
  DropOldCheckpoints(
      job, [&](const CheckpointRecord& checkpoint) { return IsAwaited(job, checkpoint); });
  const std::string state(JobStateName(job.state));
  actions_.push_back(StoreJob{
      .job = job,
      .event_type = "CheckpointWritten",
      .from_state = state,
      .to_state = state,
      .reason = "CheckpointWritten",
      .message = fmt::format("the state after step {} is in {}", message.step, message.directory)});
}

// An event tells that it has begun, and not each of them, but for those that somebody asked for.
void State::Hear(SessionId session, const CheckpointSkipped& message) {
  Attempt* attempt = FindAttempt(session, message.job, message.generation);
  if (attempt == nullptr) return;
  Job& job = JobOf(*attempt);
  const bool is_first = RecordSkippedSave(job, message, now_.wall);
  AttemptRecord& record = job.attempt;
  const bool was_asked_for =
      message.request > std::max(record.save_requests_done, record.save_requests_failed);
  if (was_asked_for) record.save_requests_failed = message.request;
  if (!is_first && !was_asked_for) return actions_.push_back(NotifyWatchers{.job_id = job.id});
  StoreEvent(
      job, "CheckpointSkipped",
      fmt::format("the state after step {} is not saved: {}", message.step, message.message));
}

void State::Hear(SessionId session, const AssignmentEnded& message) {
  if (WorkerView& said = *membership_.Find(session); message.generation >= said.ends_first)
    EndVoidAssignment(said);
  Attempt* attempt = FindAttempt(session, message.job, message.generation);
  if (attempt == nullptr) return;
  Member& member = *attempt->FindMember(session);
  WorkerView& worker = *membership_.Find(session);
  member.ended = message;
  worker.job_id.clear();
  worker.phase.clear();
  worker.step = 0;
  worker.times = {};
  is_schedule_due_ = true;
  if (message.outcome == EndOutcome::kFailed && HearDivergence(*attempt, message)) return;

  FailureRecord record{.reason = message.reason,
                       .message = fmt::format("{} failed at step {} in phase {}: {}", member.name,
                                              message.step, message.phase, message.message),
                       .rank = attempt->RankOf(member),
                       .host = member.host,
                       .step = message.step,
                       .phase = message.phase};
  if (message.outcome == EndOutcome::kFailed) {
    // A rank that leaves drops its group, and so sees its peers disappear: its leaving is the
    // cause.
    const bool has_left = worker.leaving && message.retryable;
    if (has_left) {
      record.reason = "WorkerLeft";
      record.message =
          fmt::format("{} left after step {}: {}", member.name, message.step, *worker.leaving);
    }
    return Fail(*attempt, {.record = std::move(record), .is_retryable = message.retryable});
  }

  // Its ranks have agreed on that while no coordinator was there, because one of them leaves.
  if (!attempt->stop && message.outcome == EndOutcome::kStopped && attempt->IsReattaching())
    GiveWay(*attempt, kWorkerLeaving,
            fmt::format("because {} stopped while the coordinator was away", member.name));

  const bool is_stopped_early =
      message.outcome == EndOutcome::kStoppedEarly && JobOf(*attempt).spec.early_stopping;
  const bool is_at_end =
      attempt->planner &&
      (is_stopped_early || message.step == attempt->planner->arithmetic().last_step);
  if (!attempt->stop && (message.outcome == EndOutcome::kStopped || !is_at_end)) {
    record.reason = worker.leaving ? "WorkerLeft" : "EndedEarly";
    record.message = fmt::format("{} ended after step {}{}", member.name, message.step,
                                 worker.leaving ? ": " + *worker.leaving : ", unasked");
    return Fail(*attempt, {.record = std::move(record), .is_retryable = true});
  }
  FinishIfReleased(*attempt);
}

void State::Hear(SessionId session, const Goodbye& message) {
  WorkerView& worker = *membership_.Find(session);
  if (worker.leaving) return;  // its world has heard of it
  worker.leaving = message.reason;
  LeaveTogether(worker, message.reason);
}

void State::Lose(SessionId session, const std::string& reason) {
  const WorkerView* found = membership_.Find(session);
  if (found == nullptr) return;
  const WorkerView worker = *found;
  membership_.Remove(session);
  is_schedule_due_ = true;  // a broken pool may have held a reservation
  const auto attempt = attempts_.find(worker.job_id);
  if (attempt == attempts_.end()) return;
  Member* member = attempt->second.FindMember(session);
  if (member == nullptr) return;
  member->is_gone = true;
  FailureRecord record = DescribeLoss(attempt->second, *member, worker, reason);
  const auto explained = world_ends_.AddLoss(
      worker, {.generation = attempt->second.generation, .member = member->name, .record = record});
  if (explained && !worker.leaving) record = *explained;
  Fail(attempt->second, {.record = std::move(record), .is_retryable = true});
}

void State::Close(SessionId session, const std::string& reason) {
  actions_.push_back(CloseSession{.session = session, .reason = reason});
  Lose(session, reason);
}

}  // namespace descent
