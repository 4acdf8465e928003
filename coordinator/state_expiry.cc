// State's part that says which jobs have stayed for as long as they were to. It forgets none by
// itself: that takes their files, and whoever removes these asks for the rest (JobPruner).
#include <algorithm>

#include "coordinator/state.h"

namespace descent {
namespace {

constexpr double kSecondsPerDay = 86400;

}  // namespace

bool State::IsExpired(const Job& job, EventTime now) const {
  if (!first_event_) return false;
  // A wall clock that is put forward while the coordinator runs makes no job older.
  const double elapsed = SecondsBetween(first_event_->monotonic, now.monotonic);
  const double wall = std::min(now.wall, first_event_->wall + elapsed);
  const double days =
      job.retention.days ? static_cast<double>(*job.retention.days) : options_.keep_jobs_days;
  // What stands for a record that cannot be read is not its job.
  if (!IsTerminal(job.state) || days == 0 || job.end_time == 0 ||
      job.state_reason == kRecordUnreadable)
    return false;
  const double times = job.state == JobState::kSucceeded ? 1 : 2;
  if (wall < job.end_time + times * days * kSecondsPerDay) return false;
  const bool is_needed = std::ranges::any_of(job.checkpoints, &CheckpointRecord::is_pinned) ||
                         HasHeldCheckpoint(job.id) || FindUserOfCheckpoints(job.id) != nullptr;
  return !is_needed;
}

std::vector<ExpiredJob> State::ExpiredJobs(EventTime now) const {
  std::vector<ExpiredJob> expired;
  for (const auto& [sequence, job] : jobs_)
    if (IsExpired(job, now))
      expired.push_back({.job_id = job.id,
                         .sequence = sequence,
                         .deletes_checkpoints = job.retention.deletes_checkpoints});
  return expired;
}

bool State::IsStillExpired(const ExpiredJob& job, EventTime now) const {
  const auto known = jobs_.find(job.sequence);
  return known != jobs_.end() && known->second.id == job.job_id && IsExpired(known->second, now);
}

}  // namespace descent
