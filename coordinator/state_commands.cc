// State's part that does what users ask of a job, and what a job of higher priority asks of others.
// A job with ranks is told to stop gracefully: they save its state and are released; before that,
// those of a job that is to end evaluate it on its test set. What comes then is in Finish, by the
// state in which it waited for that:
//   CANCELLING -> CANCELLED
//   SUSPENDING -> SUSPENDED, or QUEUED if it gives way: preempted, resized, its worker drained
//   STOPPING   -> SUCCEEDED
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/check.h"
#include "common/duration.h"
#include "coordinator/state.h"

namespace descent {
namespace {

Status Forbid(const Job& job, const std::string& why) {
  return Status(Code::kFailedPrecondition,
                fmt::format("job {} is {}{}", job.id, JobStateName(job.state), why));
}

// "; deadline 2h; kept for 30 days", of what is changed.
std::string LifetimeText(const UpdateJob& change) {
  std::string text;
  if (change.deadline_seconds)
    text += *change.deadline_seconds == 0
                ? "; no deadline"
                : fmt::format("; deadline {}", DurationText(*change.deadline_seconds));
  if (change.retention_days)
    text += *change.retention_days == 0
                ? "; kept for ever"
                : fmt::format("; kept for {} day{} after its end", *change.retention_days,
                              *change.retention_days == 1 ? "" : "s");
  return text;
}

std::string LastCheckpoint(const Job& job) {
  return job.checkpoints.empty() ? "from the beginning"
                                 : fmt::format("from step {}", job.checkpoints.back().step);
}

}  // namespace

void State::On(const CommandJob& event) {
  const auto sequence = sequences_.find(event.job_id);
  Status status = sequence == sequences_.end()
                      ? Status(Code::kNotFound, "there is no job " + event.job_id)
                      : Obey(jobs_.at(sequence->second), event.command);
  const std::string job_id = status.ok() ? event.job_id : "";
  actions_.push_back(Answer{.ticket = event.ticket, .status = std::move(status), .job_id = job_id});
}

void State::On(const CancelJobs& event) {
  std::vector<Job*> chosen;
  for (const std::string& job_id : event.job_ids) {
    const auto sequence = sequences_.find(job_id);
    Job* const job = sequence == sequences_.end() ? nullptr : &jobs_.at(sequence->second);
    const bool is_over = job == nullptr || IsTerminal(job->state);
    if (!is_over) chosen.push_back(job);
    const bool is_fine = !is_over || event.passes_over_ended ||
                         (job != nullptr && job->state == JobState::kCancelled);
    if (is_fine) continue;
    Status status = job == nullptr ? Status(Code::kNotFound, "there is no job " + job_id)
                                   : Forbid(*job, " already");
    actions_.push_back(
        Answer{.ticket = event.ticket, .status = std::move(status), .job_id = job_id});
    return;
  }
  for (Job* job : chosen) DESCENT_CHECK(Cancel(*job).ok());
  actions_.push_back(Answer{.ticket = event.ticket});
}

Status State::Obey(Job& job, JobCommand command) {
  switch (command) {
    case JobCommand::kCancel:
      return Cancel(job);
    case JobCommand::kSuspend:
      return Suspend(job);
    case JobCommand::kResume:
      return Resume(job);
    case JobCommand::kStop:
      return StopEarly(job);
    case JobCommand::kCheckpoint:
      return SaveAndGoOn(job);
    case JobCommand::kDelete:
      return Delete(job);
  }
  DESCENT_CHECK(false);
  return Status();
}

void State::On(const UpdateJob& event) {
  const auto refuse = [&](Status status) {
    actions_.push_back(Answer{.ticket = event.ticket, .status = std::move(status)});
  };
  const auto sequence = sequences_.find(event.job_id);
  if (sequence == sequences_.end())
    return refuse(Status(Code::kNotFound, "there is no job " + event.job_id));
  Job& job = jobs_.at(sequence->second);
  if (job.state_reason == kRecordUnreadable) return refuse(Forbid(job, ": " + job.state_message));
  if (Status status = CheckEtag(job, event.etag); !status.ok()) return refuse(std::move(status));
  JobLabels labels = Changed(job.labels, event.labels);
  if (auto problem = FindProblem(labels))
    return refuse(Status(Code::kInvalidArgument, *std::move(problem)));
  ++job.revision;
  job.labels = std::move(labels);
  job.priority = event.priority.value_or(job.priority);
  job.is_preemptible = event.is_preemptible.value_or(job.is_preemptible);
  job.deadline_seconds = event.deadline_seconds.value_or(job.deadline_seconds);
  if (event.retention_days) job.retention.days = event.retention_days;
  std::string message =
      fmt::format("priority {}{}", job.priority,
                  job.is_preemptible ? ", gives way to jobs of higher priority" : "");
  if (!event.labels.IsEmpty()) message += "; labels: " + LabelsText(event.labels);
  message += LifetimeText(event);
  StoreEvent(job, "Updated", message);
  actions_.push_back(Answer{.ticket = event.ticket, .job_id = job.id});
  is_schedule_due_ = true;
}

Status State::Cancel(Job& job) {
  if (IsTerminal(job.state)) return Forbid(job, " already");
  if (job.state == JobState::kCancelling) return Status();
  const auto attempt = attempts_.find(job.id);
  if (attempt == attempts_.end()) {
    Move(job, JobState::kCancelled, "Cancelled",
         fmt::format("cancelled while it was {}", JobStateName(job.state)));
    is_schedule_due_ = true;
    return Status();
  }
  Move(job, JobState::kCancelling, "CancelRequested", "waits until all workers have stopped");
  TellToStop(attempt->second, StopMode::kGraceful);
  return Status();
}

Status State::Suspend(Job& job) {
  if (IsTerminal(job.state)) return Forbid(job, " already");
  if (job.state == JobState::kSuspended) return Status();
  if (job.state == JobState::kCancelling || job.state == JobState::kStopping)
    return Forbid(job, "; it cannot be suspended any more");
  const auto attempt = attempts_.find(job.id);
  if (attempt == attempts_.end()) {
    Move(job, JobState::kSuspended, "Suspended",
         fmt::format("suspended while it was {}", JobStateName(job.state)));
    is_schedule_due_ = true;
    return Status();
  }
  if (job.state == JobState::kSuspending && !IsGivingWay(job)) return Status();
  Move(job, JobState::kSuspending, "SuspendRequested", "its workers save its state and stop");
  TellToStop(attempt->second, StopMode::kGraceful);
  return Status();
}

Status State::Resume(Job& job) {
  if (job.state == JobState::kSuspending) return Forbid(job, ": resume it once it is SUSPENDED");
  if (job.state != JobState::kSuspended) return Forbid(job, ", not SUSPENDED");
  Move(job, JobState::kQueued, "Resumed", "waits for workers; it goes on " + LastCheckpoint(job));
  is_schedule_due_ = true;
  return Status();
}

Status State::StopEarly(Job& job) {
  if (IsTerminal(job.state)) return Forbid(job, " already");
  if (job.state == JobState::kStopping) return Status();
  const auto attempt = attempts_.find(job.id);
  if (attempt != attempts_.end() && job.state == JobState::kRunning) {
    Move(job, JobState::kStopping, "StopRequested", "its workers save its state and stop");
    TellToStop(attempt->second, StopMode::kFinal);
    return Status();
  }
  if (attempt != attempts_.end())
    return Forbid(job, ": stop it once it is RUNNING or SUSPENDED, or cancel it");
  if (job.checkpoints.empty())
    return Forbid(job, " and has learned nothing that it could keep: cancel it");
  const CheckpointRecord& latest = job.checkpoints.back();
  job.state_digest = latest.state_digest;
  job.step = latest.step;
  Move(job, JobState::kSucceeded, "StoppedEarly",
       fmt::format("stopped while it was {}, with the state after step {}", JobStateName(job.state),
                   latest.step));
  is_schedule_due_ = true;
  return Status();
}

// The ranks agree on the step within its exchange, so one of them that hears of it is enough
// (docs/protocol.md). It is on record before they are told: a coordinator that is restarted says it
// again.
Status State::SaveAndGoOn(Job& job) {
  if (job.state != JobState::kRunning)
    return Forbid(job, ": only a job that is RUNNING can be asked to save and go on");
  ++job.attempt.save_requests;
  StoreEvent(job, "CheckpointRequested", "its workers save its state and go on");
  TellToSave(attempts_.at(job.id));
  return Status();
}

Status State::Delete(const Job& job) {
  if (!IsTerminal(job.state)) return Forbid(job, ": cancel it first");
  actions_.push_back(ForgetJob{.job_id = job.id});
  StoreAuditOf("JobDeleted", "jobs/" + job.id,
               fmt::format("it was {}{}", JobStateName(job.state),
                           job.owner.empty() ? "" : ", a job of " + job.owner));
  if (!job.request_id.empty()) requests_.erase({job.owner, job.request_id});
  const std::int64_t sequence = job.sequence;
  sequences_.erase(job.id);
  jobs_.erase(sequence);
  return Status();
}

void State::Finish(Job& job, const Attempt& attempt) {
  DESCENT_CHECK(IsEnding(job.state));
  if (job.state == JobState::kCancelling)
    return Move(job, JobState::kCancelled, "Cancelled",
                fmt::format("cancelled after step {}", job.step));
  // It may have reached its end before it heard that it should stop.
  if (!attempt.failure && attempt.planner &&
      (job.state == JobState::kStopping ||
       attempt.members.front().ended->outcome != EndOutcome::kStopped))
    return Succeed(job, attempt);
  const bool is_lost = attempt.failure && !attempt.failure->is_secondary();
  // Where it may go on later only the save is lost: saves that are skipped end no job either.
  const bool is_save_lost =
      is_lost && job.state == JobState::kSuspending && attempt.failure->record.reason == kDiskFull;
  if (is_lost && !attempt.failure->is_retryable && !is_save_lost &&
      !DropDamagedCheckpoint(job, attempt)) {
    job.failure = attempt.failure->record;
    return Move(job, JobState::kFailed, job.failure->reason, job.failure->message);
  }
  if (job.state == JobState::kStopping) {
    job.failure = attempt.failure->record;
    Move(job, JobState::kRecovering, job.failure->reason,
         job.failure->message + "; stop it again, or let it go on", "AttemptEnded");
    return;
  }
  EndSuspending(job, is_lost ? attempt.failure->record.message + "; " : "");
}

void State::EndSuspending(Job& job, const std::string& cause) {
  const std::string message = cause + "it goes on " + LastCheckpoint(job);
  if (job.state_reason == kDeadlineExceeded)
    return IsDeadlineOver(job)
               ? FailPastDeadline(job, cause)
               : Move(job, JobState::kQueued, "DeadlineChanged", message);  // meanwhile
  if (job.state_reason == kResizing)
    return Move(job, JobState::kQueued, std::string(kResized), message);
  memories_.at(job.sequence).resize_to.reset();  // it was being resized when that was asked for
  memories_.at(job.sequence).grew_from.clear();
  const bool gives_way = IsGivingWay(job);
  Move(job, gives_way ? JobState::kQueued : JobState::kSuspended,
       gives_way ? job.state_reason : "Suspended", message);
}

void State::GiveWay(Attempt& attempt, std::string_view reason, const std::string& cause) {
  Move(JobOf(attempt), JobState::kSuspending, std::string(reason),
       "its workers save its state and stop, " + cause);
  TellToStop(attempt, StopMode::kGraceful);
}

// One that has yet to begin its steps has all of that time before it: who takes its ranks before
// has nothing of its start.
double State::SparedSeconds(const Attempt& attempt) const {
  const auto min_runtime = static_cast<double>(options_.min_runtime.count());
  if (!attempt.planner) return min_runtime;
  return std::max(0.0, min_runtime - SecondsBetween(attempt.runs_since, now_.monotonic));
}

std::vector<RunningGang> State::RunningGangs() const {
  std::vector<RunningGang> running;
  for (const auto& [job_id, attempt] : attempts_) {
    const Job& job = *FindJob(job_id);
    const bool is_resizing = IsGivingWay(job) && job.state_reason == kResizing;
    running.push_back(
        {.job_id = job_id,
         .pool = attempt.pool,
         .priority = job.priority,
         .generation = attempt.generation,
         .is_ending = IsEnding(job.state) || attempt.stop.has_value(),
         .ranks_taken_back = is_resizing ? memories_.at(job.sequence).resize_to.value_or(0) : 0,
         .is_preemptible = job.is_preemptible && !attempt.IsReattaching(),
         .workers_min = job.spec.workers.min,
         .spared_seconds = SparedSeconds(attempt)});
  }
  return running;
}

void State::PreemptForWaiting(const std::vector<GangRequest>& waiting) {
  for (const Displacement& chosen : ChooseToPreempt(waiting, RunningGangs(), ServedPools())) {
    Attempt& attempt = attempts_.at(chosen.job_id);
    if (chosen.ranks_left == 0)
      GiveWay(attempt, kPreempted, "for a job of higher priority");
    else
      Shrink(attempt, chosen.ranks_left);
  }
}

}  // namespace descent
