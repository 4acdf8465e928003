#include "coordinator/cluster_snapshot.h"

namespace descent {

ClusterSnapshot TakeSnapshot(const State& state, const Counters& counters, EventTime now) {
  ClusterSnapshot snapshot;
  for (const Job* job : state.jobs()) snapshot.jobs.push_back(*job);
  snapshot.queue = state.QueuePositions();
  snapshot.pools = state.pools();
  snapshot.counters = counters;
  snapshot.now = now.monotonic;
  snapshot.wall = now.wall;
  return snapshot;
}

std::map<std::string, int> CountJobsByState(const ClusterSnapshot& snapshot) {
  std::map<std::string, int> counts;
  for (int state = 0; state <= static_cast<int>(JobState::kCancelled); ++state)
    counts[std::string(JobStateName(static_cast<JobState>(state)))] = 0;
  for (const Job& job : snapshot.jobs) ++counts[std::string(JobStateName(job.state))];
  return counts;
}

}  // namespace descent
