#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "coordinator/action.h"

namespace descent {

// Durations by how long they were: counts[i] took at most kBounds[i] seconds and longer than
// kBounds[i - 1]; the last count is of those beyond all bounds.
struct Histogram {
  static constexpr std::array<double, 17> kBounds = {
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300, 1800, 3600};
  std::array<std::int64_t, kBounds.size() + 1> counts{};
  double sum_seconds = 0;

  void Add(double seconds);
  std::int64_t Count() const;  // of all durations
};

// What is counted of one job since this process started. Steps that are repeated after a failure
// are counted again: they were computed.
struct JobCounters {
  Histogram step_times;
  std::int64_t samples = 0;
  std::map<std::string, double> phase_seconds;  // of all its ranks together, by phase
  double last_step_time = 0;                    // seconds since the epoch
};

// What is counted since this process started.
struct Counters {
  // The job changed. `wall` is seconds since the epoch.
  void Count(const StoreJob& change, double wall);

  std::map<std::string, JobCounters> jobs;  // by id
  std::int64_t jobs_submitted = 0;
  std::map<std::pair<std::string, std::string>, std::int64_t> jobs_finished;  // by state and reason
  std::map<std::string, std::int64_t> restarts;                               // by reason
  std::int64_t preemptions = 0;
  std::int64_t resizes = 0;
  std::int64_t checkpoints = 0;
  std::int64_t skipped_checkpoints = 0;  // for lack of space
  Histogram admission_waits;             // from the submission to the first gang
  Histogram startups;                    // from a gang to its first step, of every attempt
};

}  // namespace descent
