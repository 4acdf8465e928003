#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/state.h"

namespace descent {

// How long steps take, as a Prometheus histogram: counts[i] steps took at most kBounds[i] seconds
// and longer than kBounds[i - 1]; the last count is of those beyond all bounds.
struct StepTimes {
  static constexpr double kBounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                       0.25,  0.5,    1,     2.5,  5,     10};
  std::vector<std::int64_t> counts = std::vector<std::int64_t>(std::size(kBounds) + 1);
  double sum_seconds = 0;

  void Add(double seconds);
};

// What is counted since this process started.
struct Counters {
  std::map<std::string, StepTimes> step_times;    // by job
  std::map<std::string, std::int64_t> samples;    // by job
  std::map<std::string, double> last_step_time;   // by job; seconds since the epoch
  std::int64_t checkpoints = 0;
  std::int64_t jobs_submitted = 0;
};

// A copy of what the coordinator knows at one moment, for those who only look.
struct ClusterSnapshot {
  std::vector<Job> jobs;  // newest first
  std::map<std::string, QueuePosition> queue;  // of waiting jobs, by id
  std::vector<PoolView> pools;
  Counters counters;
  MonotonicTime now;
  double wall = 0;  // seconds since the epoch
};

}  // namespace descent
