#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/counters.h"
#include "coordinator/state.h"

namespace descent {

// A copy of what the coordinator knows at one moment, for those who only look.
struct ClusterSnapshot {
  std::vector<Job> jobs;                       // newest first
  std::map<std::string, QueuePosition> queue;  // of waiting jobs, by id
  std::vector<PoolView> pools;
  Counters counters;
  std::int64_t restarts = 0;  // of the coordinator, since its state directory was made
  MonotonicTime now;
  double wall = 0;  // seconds since the epoch
};

struct JobInQueue {
  Job job;
  std::optional<QueuePosition> queue_position;  // while it waits
};

ClusterSnapshot TakeSnapshot(const State& state, const Counters& counters, EventTime now);

// "RUNNING" and how many jobs are in it; every state is there.
std::map<std::string, int> CountJobsByState(const ClusterSnapshot& snapshot);

}  // namespace descent
