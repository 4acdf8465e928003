// State's part that leads an attempt from its gang to its end:
//   1. StartAttempt: a generation of its own, Assign to every member.
//   2. BeginSteps: all are prepared and agree; Begin, and the first grants.
//   3. GrantMore: after each report, so that nobody ever waits for a grant.
//   4. It ends when every member is released: done, stopped, or gone. The first failure makes the
//      coordinator stop the others; what comes next depends on it.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/check.h"
#include "common/limits.h"
#include "coordinator/stall.h"
#include "coordinator/state.h"

namespace descent {
namespace {

constexpr std::chrono::seconds kRetryPauseMax{60};

// 0, 1, 2, 4, … seconds after the first, second, … attempt in a row without progress.
std::chrono::seconds RetryPause(int attempts_without_progress) {
  DESCENT_CHECK(attempts_without_progress >= 1);
  if (attempts_without_progress == 1) return std::chrono::seconds(0);
  const int doublings = std::min(attempts_without_progress - 2, 6);
  return std::min(std::chrono::seconds(1 << doublings), kRetryPauseMax);
}

std::string StartCheckpointOf(const Job& job) {
  return job.checkpoints.empty() ? job.start_checkpoint : job.checkpoints.back().directory;
}

// Where its next attempt starts, if that is known here.
std::optional<std::int64_t> StartStepOf(const Job& job) {
  if (!job.checkpoints.empty()) return job.checkpoints.back().step;
  if (job.start_checkpoint.empty()) return 0;
  return std::nullopt;
}

// Of the gang's workers, each once.
std::string VersionsOf(const Gang& gang, const Membership& membership) {
  std::set<std::string> versions;
  for (const SessionId session : gang.sessions) versions.insert(membership.Find(session)->version);
  return fmt::format("{}", fmt::join(versions, ", "));
}

}  // namespace

Attempt* State::FindAttempt(SessionId session, const std::string& job_id, std::int64_t generation) {
  const auto attempt = attempts_.find(job_id);
  if (attempt == attempts_.end() || attempt->second.generation != generation) return nullptr;
  return attempt->second.FindMember(session) == nullptr ? nullptr : &attempt->second;
}

void State::StartAttempt(const Gang& gang) {
  Job& job = jobs_.at(sequences_.at(gang.job_id));
  Attempt attempt{.job_id = job.id,
                  .generation = ++generation_,
                  .pool = gang.pool,
                  .starts_from_own_checkpoint = !job.checkpoints.empty(),
                  .expected_start = StartStepOf(job),
                  .deadline = now_.monotonic + StartTimeoutOf(job)};
  if (job.attempt.attempt > 0) job.earlier_attempts.push_back(job.attempt);
  if (job.earlier_attempts.size() >= limits::kAttemptsKept)
    job.earlier_attempts.erase(job.earlier_attempts.begin());
  job.attempt = {.attempt = job.attempt.attempt + 1,
                 .generation = generation_,
                 .start_step = attempt.expected_start.value_or(0),
                 .start_time = now_.wall,
                 .pool = gang.pool,
                 .starts_from_own_checkpoint = attempt.starts_from_own_checkpoint};
  Assign assign{.job = job.id,
                .generation = generation_,
                .attempt = job.attempt.attempt,
                .spec = job.spec,
                .checkpoint_directory = CheckpointDirectoryOf(job.id),
                .start_checkpoint = StartCheckpointOf(job),
                .low_watermark = options_.low_watermark};
  for (const SessionId session : gang.sessions) {
    WorkerView& worker = *membership_.Find(session);
    worker.job_id = job.id;
    worker.phase = "prepare";
    worker.step = job.attempt.start_step;
    assign.world_ranks.push_back(worker.world_rank);
    job.attempt.workers.push_back(worker.name());
    job.attempt.world_ranks.push_back(worker.world_rank);
    attempt.members.push_back({.session = session,
                               .name = fmt::format("rank {} ({}, pid {})", attempt.members.size(),
                                                   worker.name(), worker.pid),
                               .host = worker.host,
                               .world_rank = worker.world_rank});
  }
  job.coordinator_version = options_.version;
  job.worker_version = VersionsOf(gang, membership_);
  memories_.at(job.sequence).retry_at.reset();
  memories_.at(job.sequence).resize_to.reset();

  actions_.push_back(StoreGeneration{.generation = generation_});
  Move(job, JobState::kStarting, "GangReserved",
       fmt::format("{} of pool \"{}\" prepare", WorkersText(gang.sessions.size()), gang.pool));
  for (const Member& member : attempt.members) {
    assign.rank = attempt.RankOf(member);
    actions_.push_back(SendToWorker{.session = member.session, .message = assign});
  }
  attempts_.emplace(job.id, std::move(attempt));
}

void State::BeginSteps(Attempt& attempt) {
  Job& job = JobOf(attempt);
  if (auto difference = FindDisagreement(attempt.members))
    return Fail(attempt, {.record = std::move(*difference)});
  if (auto change = FindChange(job, attempt)) return Fail(attempt, {.record = std::move(*change)});

  const Prepared& prepared = *attempt.members.front().prepared;
  Result<GrantPlanner> planner = GrantPlanner::Create(
      job.spec, prepared.train_samples,
      {.step = prepared.start_step, .is_own_checkpoint = attempt.starts_from_own_checkpoint});
  if (!planner.ok())
    return Fail(attempt,
                {.record = {.reason = "StepsImpossible", .message = planner.status().message()}});

  attempt.planner = std::move(planner).value();
  attempt.runs_since = now_.monotonic;
  attempt.done_step = prepared.start_step;
  attempt.deadline.reset();
  memories_.at(job.sequence).grew_from.clear();
  job.attempt.start_step = prepared.start_step;
  job.attempt.begin_time = now_.wall;
  job.step = std::max(job.step, prepared.start_step);
  job.train_samples = prepared.train_samples;
  job.parameter_count = prepared.parameter_count;
  job.instruction_set = prepared.instruction_set;
  job.dataset_fingerprint = prepared.dataset_fingerprint;
  Move(job, JobState::kRunning, "GangReady",
       fmt::format("{} run from step {} to {}", WorkersText(attempt.members.size()),
                   prepared.start_step, attempt.planner->arithmetic().last_step));
  SendToMembers(attempt, Begin{.job = job.id,
                               .generation = attempt.generation,
                               .shard_plan = MakeShardPlan(job.spec, prepared.train_samples),
                               .total_steps = attempt.planner->arithmetic().total_steps});
  for (const Member& member : attempt.members)
    if (WorkerView* worker = membership_.Find(member.session)) worker->phase = "compute";
  GrantMore(attempt);
}

void State::GrantMore(Attempt& attempt) {
  if (attempt.stop || attempt.IsReattaching()) return;
  SendGrants(attempt, attempt.planner->Extend(attempt.done_step, attempt.steps_per_second));
}

void State::SendGrants(const Attempt& attempt, std::vector<GrantSteps> grants) {
  for (GrantSteps& grant : grants) {
    grant.job = attempt.job_id;
    grant.generation = attempt.generation;
    SendToMembers(attempt, grant);
  }
}

std::chrono::seconds State::StartTimeoutOf(const Job& job) const {
  const std::int64_t seconds = job.spec.start_timeout_seconds;
  return seconds > 0 ? std::chrono::seconds(seconds) : options_.start_timeout;
}

void State::CheckTimeout(Attempt& attempt) {
  if (!attempt.deadline || now_.monotonic < *attempt.deadline) return;
  if (attempt.IsReattaching()) return GiveUpOnDetached(attempt);
  if (!attempt.stop)
    return Fail(attempt, {.record = DescribeStartTimeout(attempt, membership_,
                                                         StartTimeoutOf(JobOf(attempt))),
                          .is_retryable = true});
  const JobState state = JobOf(attempt).state;
  if (*attempt.stop != StopMode::kAbort && attempt.planner && state != JobState::kCancelling) {
    if (auto stall = FindStall(attempt, options_.stall_timeout))
      return Fail(attempt, {.record = std::move(*stall), .is_retryable = true});
    if (IsWorthWaitingFor(attempt)) {
      attempt.deadline = now_.monotonic + StopTimeout(*attempt.stop, state);
      return;
    }
  }
  if (*attempt.stop != StopMode::kAbort) return TellToStop(attempt, StopMode::kAbort);
  std::vector<SessionId> hung;
  for (const Member& member : attempt.members)
    if (!member.is_released()) hung.push_back(member.session);
  for (const SessionId session : hung)
    Close(session, fmt::format("it did not end its job within {} s of being told to",
                               StopTimeout(StopMode::kAbort, JobOf(attempt).state).count()));
}

// One that was told to stop has a deadline for that.
void State::CheckStall(Attempt& attempt) {
  if (!attempt.planner || attempt.stop || attempt.IsReattaching()) return;
  if (auto stall = FindStall(attempt, options_.stall_timeout))
    Fail(attempt, {.record = std::move(*stall), .is_retryable = true});
}

// Of ranks that do not tell how far they are, or need not go on within a limit. All ranks take part
// in it: one that is elsewhere is what the others wait for.
bool State::IsEvaluating(const Attempt& attempt) const {
  return std::all_of(attempt.members.begin(), attempt.members.end(), [&](const Member& member) {
    if (member.is_released()) return true;
    const WorkerView* worker = membership_.Find(member.session);
    return worker != nullptr && worker->phase == "evaluate";
  });
}

// A step, a write and an evaluation take as long as they take, and what they are for would be lost.
bool State::IsWorthWaitingFor(const Attempt& attempt) const {
  return IsStallWatched(attempt, options_.stall_timeout) || IsEvaluating(attempt);
}

void State::TellToStop(Attempt& attempt, StopMode mode) {
  const JobState state = JobOf(attempt).state;
  // Who cancels does not wait for what was to be saved, though the ranks were told to stop before.
  const bool is_known = attempt.stop == mode && state != JobState::kCancelling;
  if (attempt.stop == StopMode::kAbort || is_known) return;
  attempt.stop = mode;
  if (mode != StopMode::kAbort && attempt.IsReattaching()) return;  // once all are back
  attempt.deadline = now_.monotonic + StopTimeout(mode, state);
  SendToMembers(attempt,
                Stop{.job = attempt.job_id, .generation = attempt.generation, .mode = mode});
}

void State::TellToSave(const Attempt& attempt) {
  const std::int64_t request = JobOf(attempt).attempt.save_requests;
  if (request == 0 || attempt.stop || attempt.IsReattaching()) return;  // once all are back
  SendToMembers(
      attempt,
      SaveNow{.job = attempt.job_id, .generation = attempt.generation, .request = request});
}

void State::Fail(Attempt& attempt, AttemptFailure failure) {
  attempt.Fail(std::move(failure));
  TellToStop(attempt, StopMode::kAbort);
  FinishIfReleased(attempt);
}

void State::FinishIfReleased(Attempt& attempt) {
  if (!attempt.AllReleased()) return;
  JudgeDivergence(attempt);
  const Attempt ended = std::move(attempt);
  attempts_.erase(ended.job_id);
  is_schedule_due_ = true;
  Job& job = JobOf(ended);
  job.samples_per_second = 0;
  job.steps_per_second = 0;
  job.attempt.end_step = ended.done_step;
  if (ended.failure) job.attempt.failure = ended.failure->record;
  if (job.state != JobState::kStarting && job.state != JobState::kRunning)
    return Finish(job, ended);
  if (!ended.failure) return Succeed(job, ended);
  job.failure = ended.failure->record;
  if (TakeBackGrowth(job, ended)) return;
  if (ended.failure->is_retryable) return Retry(job, ended);
  // The next attempt starts elsewhere, so this one is not counted.
  const bool goes_on = DropDamagedCheckpoint(job, ended);
  Move(job, goes_on ? JobState::kRecovering : JobState::kFailed, job.failure->reason,
       job.failure->message, goes_on ? "AttemptEnded" : "StateChanged");
}

void State::Succeed(Job& job, const Attempt& attempt) {
  if (auto divergence = FindDivergence(attempt.members)) {
    job.failure = std::move(divergence);
    return Move(job, JobState::kFailed, job.failure->reason, job.failure->message);
  }
  const BatchArithmetic& arithmetic = attempt.planner->arithmetic();
  const AssignmentEnded& ended = *attempt.members.front().ended;
  job.step = ended.step;
  job.state_digest = ended.state_digest;
  job.failure.reset();
  if (ended.outcome == EndOutcome::kStoppedEarly) {
    Move(job, JobState::kSucceeded, "NoImprovement",
         fmt::format("stopped after step {} of {}: {}", ended.step, arithmetic.total_steps,
                     ended.message));
  } else if (ended.step < arithmetic.total_steps) {
    Move(job, JobState::kSucceeded, "StoppedEarly",
         fmt::format("stopped after step {} of {}, as asked", ended.step, arithmetic.total_steps));
  } else {
    Move(job, JobState::kSucceeded, "Completed",
         fmt::format("all {} steps are done", arithmetic.total_steps));
  }
}

void State::Retry(Job& job, const Attempt& attempt) {
  DESCENT_CHECK(attempt.failure.has_value());
  const FailureRecord& failure = attempt.failure->record;
  if (IsPastDeadline(job)) return FailPastDeadline(job, failure.message + "; ");
  ++job.attempts_without_progress;
  if (job.attempts_without_progress > job.spec.restarts_max)
    return Move(
        job, JobState::kFailed, "RestartsExhausted",
        fmt::format("attempts in a row without progress: {}, restarts.max is {}; the last: {}",
                    job.attempts_without_progress, job.spec.restarts_max, failure.message));
  memories_.at(job.sequence).retry_at = now_.monotonic + RetryPause(job.attempts_without_progress);
  const bool never_ran = failure.reason == "StartTimeout";
  Move(job, never_ran ? JobState::kQueued : JobState::kRecovering, failure.reason, failure.message,
       "AttemptEnded");
}

void State::SendToMembers(const Attempt& attempt, const CoordinatorMessage& message) {
  for (const Member& member : attempt.members)
    if (!member.is_released() && !member.is_detached())
      actions_.push_back(SendToWorker{.session = member.session, .message = message});
}

}  // namespace descent
