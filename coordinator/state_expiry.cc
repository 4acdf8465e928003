// State's part that says which jobs have stayed for as long as they were to. It forgets none by
// itself: that takes their files, and whoever removes these asks for the rest (JobPruner).
#include <algorithm>

#include "coordinator/state.h"

namespace descent {
namespace {

constexpr double kSecondsPerDay = 86400;

}  // namespace

std::vector<ExpiredJob> State::ExpiredJobs(EventTime now) const {
  if (!first_event_) return {};
  // A wall clock that is put forward while the coordinator runs makes no job older.
  const double elapsed = SecondsBetween(first_event_->monotonic, now.monotonic);
  const double wall = std::min(now.wall, first_event_->wall + elapsed);
  const auto is_expired = [&](const Job& job) {
    const double days =
        job.retention.days ? static_cast<double>(*job.retention.days) : options_.keep_jobs_days;
    // What stands for a record that cannot be read is not its job.
    if (!IsTerminal(job.state) || days == 0 || job.end_time == 0 ||
        job.state_reason == kRecordUnreadable)
      return false;
    const double times = job.state == JobState::kSucceeded ? 1 : 2;
    return wall >= job.end_time + times * days * kSecondsPerDay;
  };
  std::vector<ExpiredJob> expired;
  for (const auto& [sequence, job] : jobs_) {
    if (!is_expired(job)) continue;
    const bool is_needed = std::ranges::any_of(job.checkpoints, &CheckpointRecord::is_pinned) ||
                           HasHeldCheckpoint(job.id) || FindUserOfCheckpoints(job.id) != nullptr;
    if (!is_needed)
      expired.push_back(
          {.job_id = job.id, .deletes_checkpoints = job.retention.deletes_checkpoints});
  }
  return expired;
}

}  // namespace descent
