#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/state.h"

namespace descent {

// How long steps take, as a histogram: counts[i] steps took at most kBounds[i] seconds and longer
// than kBounds[i - 1]; the last count is of those beyond all bounds.
struct StepTimes {
  static constexpr std::array<double, 13> kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,  0.5,    1,     2.5,  5,     10};
  std::array<std::int64_t, kBounds.size() + 1> counts{};
  double sum_seconds = 0;

  void Add(double seconds);
};

// What is counted of one job since this process started. Steps that are repeated after a failure
// are counted again: they were computed.
struct JobCounters {
  StepTimes step_times;
  std::int64_t samples = 0;
  double last_step_time = 0;  // seconds since the epoch
};

struct Counters {
  std::map<std::string, JobCounters> jobs;  // by id
  std::int64_t jobs_submitted = 0;
  std::int64_t checkpoints = 0;
};

// A copy of what the coordinator knows at one moment, for those who only look.
struct ClusterSnapshot {
  std::vector<Job> jobs;                       // newest first
  std::map<std::string, QueuePosition> queue;  // of waiting jobs, by id
  std::vector<PoolView> pools;
  Counters counters;
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
