#include "coordinator/state.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/check.h"
#include "common/limits.h"

namespace descent {
namespace {

// The job has no ranks any more: what is known of its attempt's end is filled in.
void EndAttempt(Job& job, double wall_time) {
  AttemptRecord& attempt = job.attempt;
  if (attempt.attempt == 0 || attempt.end_time > 0) return;
  attempt.end_time = wall_time;
  attempt.end_step = std::max(attempt.start_step, attempt.end_step);
  attempt.end_reason = attempt.failure ? attempt.failure->reason : job.state_reason;
  attempt.end_message = attempt.failure ? attempt.failure->message : job.state_message;
}

}  // namespace

State::State(StateOptions options) : options_(std::move(options)) {}
State::~State() = default;

std::vector<Action> State::Apply(const Event& event, EventTime now) {
  now_ = now;
  if (!first_event_) first_event_ = now;
  is_schedule_due_ = false;
  const auto apply = [this](const auto& known) {
    if constexpr (requires { known.origin; }) origin_ = known.origin;
    On(known);
  };
  std::visit(apply, event);
  origin_ = {};
  if (is_schedule_due_) Schedule();
  return std::exchange(actions_, {});
}

void State::On(const Restore& event) {
  DESCENT_CHECK(jobs_.empty());
  generation_ = event.last_generation;
  for (const CordonRecord& record : event.cordons) cordons_.Set(record, now_.monotonic);
  for (const Job& restored : event.jobs) {
    Job& job = AddJob(restored);
    RestoreActiveTime(job);
    const bool holds_no_ranks = IsTerminal(job.state) || job.state == JobState::kQueued ||
                                job.state == JobState::kSuspended;
    if (holds_no_ranks || RestoreAttempt(job)) continue;
    if (job.state == JobState::kCancelling) {
      Move(job, JobState::kCancelled, "Cancelled",
           "the coordinator restarted while the job was being cancelled");
      continue;
    }
    if (job.state == JobState::kSuspending) {
      EndSuspending(job, "the coordinator restarted; ");
      continue;
    }
    Move(job, JobState::kRecovering, "CoordinatorRestarted",
         job.checkpoints.empty()
             ? "the coordinator restarted; the job begins again"
             : fmt::format("the coordinator restarted; the job continues from step {}",
                           job.checkpoints.back().step));
  }
}

Status State::CheckSubmission(const SubmitJob& event) const {
  if (sequences_.contains(event.job_id))
    return Status(Code::kAlreadyExists, "job " + event.job_id + " exists already");
  if (!event.forked_from.empty() && !HasCheckpoint(event.start_checkpoint))
    return Status(Code::kUnavailable, event.forked_from + " was removed just now; submit again");
  if (event.owner_live_jobs_max == 0) return Status();
  const auto live_jobs = std::ranges::count_if(
      memories_, [&](const auto& entry) { return jobs_.at(entry.first).owner == event.owner; });
  if (live_jobs < event.owner_live_jobs_max) return Status();
  return Status(
      Code::kResourceExhausted,
      fmt::format("the limit of unfinished jobs, {}, is reached: wait for one, or cancel it",
                  event.owner_live_jobs_max));
}

void State::On(const SubmitJob& event) {
  const auto known = requests_.find({event.owner, event.request_id});
  if (!event.request_id.empty() && known != requests_.end()) {
    actions_.push_back(Answer{.ticket = event.ticket, .job_id = known->second});
    return;
  }
  if (Status admitted = CheckSubmission(event); !admitted.ok()) {
    actions_.push_back(Answer{.ticket = event.ticket, .status = std::move(admitted)});
    return;
  }
  Job& job = AddJob({.id = event.job_id,
                     .spec = event.spec,
                     .request_id = event.request_id,
                     .owner = event.owner,
                     .sequence = last_sequence_ + 1,
                     .priority = event.priority,
                     .is_preemptible = event.is_preemptible,
                     .labels = event.labels,
                     .deadline_seconds = event.spec.deadline_seconds,
                     .retention = event.spec.retention,
                     .instruction_set = event.instruction_set,
                     .dataset_fingerprint = event.dataset_fingerprint,
                     .start_checkpoint = event.start_checkpoint,
                     .forked_from = event.forked_from,
                     .create_time = now_.wall});
  if (event.is_suspended)
    Move(job, JobState::kSuspended, "Suspended", kSuspendedFromTheStart, "Created");
  else
    Move(job, JobState::kQueued, "Submitted", "waits for workers", "Created");
  actions_.push_back(Answer{.ticket = event.ticket, .job_id = job.id});
  is_schedule_due_ = true;
}

void State::On(const WorkerSaid& event) {
  WorkerView* worker = membership_.Find(event.session);
  const bool is_register = std::holds_alternative<Register>(event.message);
  if (worker == nullptr && !is_register) return;  // said before it noticed that it was closed
  if (worker != nullptr) worker->last_heard = now_.monotonic;
  std::visit([&](const auto& message) { Hear(event.session, message); }, event.message);
  // Actions are sent once what was stored before them is on disk.
  if (event.sequence == 0 || membership_.Find(event.session) == nullptr) return;
  Acknowledge acknowledge{.sequence = event.sequence};
  if (const auto* written = std::get_if<CheckpointWritten>(&event.message))
    if (FindAttempt(event.session, written->job, written->generation) != nullptr)
      acknowledge.kept_checkpoints = KeptCheckpoints(written->job);
  actions_.push_back(SendToWorker{.session = event.session, .message = std::move(acknowledge)});
}

void State::On(const WorkerGone& event) { Lose(event.session, event.reason); }

void State::On(const Tick&) {
  for (const SessionId session : membership_.SilentSince(now_.monotonic - limits::kWorkerLease))
    Close(session, fmt::format("nothing was heard for {} s", limits::kWorkerLease.count()));

  std::vector<std::string> job_ids;
  for (const auto& [job_id, attempt] : attempts_) job_ids.push_back(job_id);
  for (const std::string& job_id : job_ids) {
    CheckTimeout(attempts_.at(job_id));
    const auto attempt = attempts_.find(job_id);
    if (attempt != attempts_.end()) CheckStall(attempt->second);
  }
  const auto is_attached = [this](const std::string& pool) { return membership_.HasPool(pool); };
  for (const CordonRecord& record : cordons_.ForgetOld(is_attached, now_.monotonic))
    actions_.push_back(StoreCordon{record});
  EnforceDeadlines();
  GrowOne();
  is_schedule_due_ = true;  // a pause between attempts may be over
}

Job& State::AddJob(Job job) {
  DESCENT_CHECK(!sequences_.contains(job.id));
  DESCENT_CHECK(!jobs_.contains(job.sequence));
  sequences_[job.id] = job.sequence;
  last_sequence_ = std::max(last_sequence_, job.sequence);
  if (!job.request_id.empty()) requests_[{job.owner, job.request_id}] = job.id;
  if (!IsTerminal(job.state)) memories_[job.sequence] = {};
  return jobs_[job.sequence] = std::move(job);
}

Job& State::JobOf(const Attempt& attempt) { return jobs_.at(sequences_.at(attempt.job_id)); }

void State::Move(Job& job, JobState to, std::string reason, std::string message,
                 std::string_view event_type) {
  DESCENT_CHECK(!IsTerminal(job.state));
  const std::string_view from = JobStateName(job.state);
  job.state = to;
  ++job.revision;
  job.state_reason = std::move(reason);
  job.state_message = std::move(message);
  CountActiveTime(job);
  if (to == JobState::kRunning && job.start_time == 0) job.start_time = now_.wall;
  if (IsWaiting(to) || IsTerminal(to) || to == JobState::kSuspended) EndAttempt(job, now_.wall);
  if (IsTerminal(to)) {
    job.end_time = now_.wall;
    memories_.erase(job.sequence);
  }
  actions_.push_back(StoreJob{.job = job,
                              .event_type = std::string(event_type),
                              .from_state = std::string(from),
                              .to_state = std::string(JobStateName(to)),
                              .reason = job.state_reason,
                              .message = job.state_message,
                              .origin = origin_});
  // A pool that is there before the job waits for it, as for one that is yet to come.
  const bool begins_suspended = to == JobState::kSuspended && event_type == "Created";
  if (IsTerminal(to) || (to == JobState::kSuspended && !begins_suspended)) DismissOwnPools(job);
}

void State::StoreAuditOf(std::string type, std::string subject, std::string message) {
  actions_.push_back(StoreAudit{.actor = origin_.actor,
                                .type = std::move(type),
                                .subject = std::move(subject),
                                .message = std::move(message)});
}

const Job* State::FindJob(const std::string& job_id) const {
  const auto sequence = sequences_.find(job_id);
  return sequence == sequences_.end() ? nullptr : &jobs_.at(sequence->second);
}

const Job* State::FindJobOfRequest(const std::string& owner, const std::string& request_id) const {
  const auto job_id = requests_.find({owner, request_id});
  return job_id == requests_.end() ? nullptr : FindJob(job_id->second);
}

std::vector<const Job*> State::jobs() const {
  std::vector<const Job*> newest_first;
  for (const auto& [sequence, job] : jobs_) newest_first.push_back(&job);
  return newest_first;
}

std::vector<PoolView> State::pools() const { return membership_.pools(); }

std::int64_t State::generation() const { return generation_; }

std::string State::CheckpointDirectoryOf(const std::string& job_id) const {
  return options_.checkpoint_root + "/" + job_id;
}

}  // namespace descent
