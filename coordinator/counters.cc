#include "coordinator/counters.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace descent {

void Histogram::Add(double seconds) {
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin();
  ++counts[static_cast<std::size_t>(bucket)];
  sum_seconds += seconds;
}

std::int64_t Histogram::Count() const {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

void Counters::Count(const StoreJob& change, double wall) {
  if (change.event_type == "Created") ++jobs_submitted;
  if (change.event_type == "CheckpointWritten") ++checkpoints;
  if (change.from_state == change.to_state) return;
  const Job& job = change.job;
  if (IsTerminal(job.state)) ++jobs_finished[{change.to_state, change.reason}];
  if (job.state == JobState::kRecovering) ++restarts[change.reason];
  if (job.state == JobState::kSuspending && change.reason == kPreempted) ++preemptions;
  if (job.state == JobState::kSuspending && change.reason == kResizing) ++resizes;
  if (job.state == JobState::kStarting && job.attempt.attempt == 1)
    admission_waits.Add(wall - job.create_time);
  if (job.state == JobState::kRunning) startups.Add(wall - job.attempt.start_time);
}

}  // namespace descent
