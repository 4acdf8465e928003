#include "coordinator/job_conditions.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace descent {
namespace {

// A rank that evaluates or saves reports no steps meanwhile. What takes as long as this many steps,
// and so many seconds, is told.
constexpr double kStepsAwaited = 10;
constexpr double kSecondsAwaitedMin = 300;

bool HoldsRanks(const Job& job) {
  return !IsWaiting(job.state) && !IsTerminal(job.state) && job.state != JobState::kSuspended;
}

// When its ranks were ready; 0: they are not. A record of an older program does not have the time.
double ReadyTime(const Job& job) {
  if (!HoldsRanks(job)) return 0;
  if (job.attempt.begin_time > 0) return job.attempt.begin_time;
  return job.state == JobState::kRunning ? job.attempt.start_time : 0;
}

// When ranks that were ready were last given back, or else when it was created.
double UnreadyTime(const Job& job) {
  if (job.attempt.begin_time > 0 && job.attempt.end_time > 0) return job.attempt.end_time;
  for (auto attempt = job.earlier_attempts.rbegin(); attempt != job.earlier_attempts.rend();
       ++attempt)
    if (attempt->begin_time > 0) return attempt->end_time;
  return job.create_time;
}

Condition QuotaReserved(const Job& job, const std::optional<QueuePosition>& queue_position) {
  Condition condition{.type = "QuotaReserved"};
  if (HoldsRanks(job)) {
    condition.status = ConditionStatus::kTrue;
    condition.reason = "GangReserved";
    condition.message =
        fmt::format("{} of pool \"{}\"", WorkersText(job.attempt.workers.size()), job.attempt.pool);
    condition.last_transition_time = job.attempt.start_time;
    return condition;
  }
  condition.status = ConditionStatus::kFalse;
  condition.reason = queue_position ? queue_position->reason.reason : job.state_reason;
  condition.message = queue_position ? queue_position->reason.message : job.state_message;
  condition.last_transition_time =
      job.attempt.end_time > 0 ? job.attempt.end_time : job.create_time;
  return condition;
}

Condition GangReady(const Job& job) {
  const double ready_time = ReadyTime(job);
  if (ready_time > 0)
    return {.type = "GangReady",
            .status = ConditionStatus::kTrue,
            .reason = "GangReady",
            .message = "all its workers are prepared and agree",
            .last_transition_time = ready_time};
  return {.type = "GangReady",
          .status = ConditionStatus::kFalse,
          .reason = job.state == JobState::kStarting ? "Preparing" : job.state_reason,
          .message = job.state_message,
          .last_transition_time = UnreadyTime(job)};
}

Condition Progressing(const Job& job, double wall) {
  Condition condition{.type = "Progressing",
                      .status = ConditionStatus::kFalse,
                      .reason = job.state_reason,
                      .message = job.state_message,
                      .last_transition_time = UnreadyTime(job)};
  const double ready_time = ReadyTime(job);
  if (ready_time == 0) return condition;
  const double awaited = std::max(kSecondsAwaitedMin, kStepsAwaited * job.median_step_seconds);
  const double silent_from = std::max(ready_time, job.last_step_time) + awaited;
  if (wall > silent_from) {
    condition.reason = "NoStep";
    condition.message = fmt::format(
        "no step was reported for {:.0f} s: its workers evaluate, save, or stand still", awaited);
    condition.last_transition_time = silent_from;
    return condition;
  }
  condition.status = ConditionStatus::kTrue;
  condition.last_transition_time = ready_time;
  if (job.state != JobState::kRunning) return condition;  // it ends, as its state says
  condition.reason = "StepsReported";
  condition.message = "its workers report steps";
  return condition;
}

Condition CheckpointHealthy(const Job& job) {
  const SkippedSaves& skipped = job.skipped_saves;
  if (job.state == JobState::kFailed && job.failure && job.failure->phase == "checkpoint")
    return {.type = "CheckpointHealthy",
            .status = ConditionStatus::kFalse,
            .reason = job.failure->reason,
            .message = job.failure->message,
            .last_transition_time = skipped.count > 0 ? skipped.first_time : job.end_time};
  if (skipped.count > 0)
    return {.type = "CheckpointHealthy",
            .status = ConditionStatus::kFalse,
            .reason = "DiskLow",
            .message = fmt::format(
                "{} skipped, the last after step {}: {}; free space there, "
                "delete checkpoints, or lower --min-free-space",
                skipped.count == 1 ? "1 save was" : fmt::format("{} saves were", skipped.count),
                skipped.last_step, skipped.last_message),
            .last_transition_time = skipped.first_time};
  if (job.checkpoint_healthy_time > 0 || !job.checkpoints.empty())
    return {.type = "CheckpointHealthy",
            .status = ConditionStatus::kTrue,
            .reason = "CheckpointWritten",
            .message = "its last save was written",
            .last_transition_time = job.checkpoint_healthy_time > 0
                                        ? job.checkpoint_healthy_time
                                        : job.checkpoints.front().create_time};
  return {.type = "CheckpointHealthy",
          .status = ConditionStatus::kUnknown,
          .reason = "NoCheckpoint",
          .message = "it has not saved its state yet",
          .last_transition_time = job.create_time};
}

}  // namespace

std::vector<Condition> ConditionsOf(const Job& job,
                                    const std::optional<QueuePosition>& queue_position,
                                    double wall) {
  if (job.sequence == 0) return {};
  return {QuotaReserved(job, queue_position), GangReady(job), Progressing(job, wall),
          CheckpointHealthy(job)};
}

}  // namespace descent
