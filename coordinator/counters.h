#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/worker_protocol.h"
#include "coordinator/action.h"

namespace descent {

// The bounds of a histogram's buckets, ascending.
inline constexpr std::array<double, 17> kSecondsBounds = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300, 1800, 3600};
inline constexpr std::array<double, 11> kBytesBounds = {
    0x1p16, 0x1p18, 0x1p20, 0x1p22, 0x1p24, 0x1p26, 0x1p28, 0x1p30, 0x1p32, 0x1p34, 0x1p36};

// Values by how large they were: counts[i] were at most bounds[i] and larger than bounds[i - 1];
// the last count is of those beyond all bounds.
struct Histogram {
  Histogram() : Histogram(kSecondsBounds) {}
  // `among` are constants.
  explicit Histogram(std::span<const double> among) : bounds(among), counts(among.size() + 1) {}

  std::span<const double> bounds;
  std::vector<std::int64_t> counts;
  double sum = 0;

  void Add(double value);
  std::int64_t Count() const;  // of all values
};

// What is counted of one job since this process started. Steps that are repeated after a failure
// are counted again: they were computed.
struct JobCounters {
  Histogram step_times;
  std::int64_t samples = 0;
  std::int64_t allreduce_bytes = 0;  // of the gradients that each rank gave to be added up
  std::map<std::string, double> phase_seconds;  // of all its ranks together, by phase
  double last_step_time = 0;                    // seconds since the epoch
};

// The one kind of device that ranks compute on.
inline constexpr char kCpuDevice[] = "cpu";

// How a checkpoint ended, "written" or "failed", and why it was made: TriggerOf.
using CheckpointKind = std::pair<std::string, std::string>;

// "stop": the job gives its ranks back. "end": the last step is done. "request": somebody asked for
// it, `request` being the newest that was heard. "schedule": the spec wants it. `job` is as it was
// before the checkpoint was recorded.
std::string_view TriggerOf(const Job& job, std::int64_t step, std::int64_t request);

// What is counted since this process started.
struct Counters {
  // The job changed. `wall` is seconds since the epoch.
  void Count(const StoreJob& change, double wall);

  // What a rank of the job's attempt says; the job does not know of it yet.
  void Count(const Job& job, const CheckpointWritten& written);
  void Count(const Job& job, const CheckpointSkipped& skipped);
  void Count(const Job& job, const AssignmentEnded& ended);
  void Count(const Job& job, const StepReports& reports, double wall);
  void Count(const Job& job, const Heartbeat& heartbeat);

  std::map<std::string, JobCounters> jobs;  // by id
  std::int64_t jobs_submitted = 0;
  std::map<std::pair<std::string, std::string>, std::int64_t> jobs_finished;  // by state and reason
  std::map<std::string, std::int64_t> restarts;                               // by reason
  std::int64_t preemptions = 0;
  std::int64_t resizes = 0;
  std::map<CheckpointKind, std::int64_t> checkpoints;
  Histogram checkpoint_write_times;     // beside the steps
  Histogram checkpoint_blocking_times;  // that the steps waited for
  Histogram checkpoint_sizes{kBytesBounds};
  Histogram admission_waits;  // from the submission to the first gang
  // From a gang to its first step, of every attempt; by device.
  std::map<std::string, Histogram> startups = {{kCpuDevice, Histogram()}};
  // Of the owner thread: from what it found waiting to what that changed being durable and told.
  Histogram cycles;
  double last_cycle_time = 0;  // seconds since the epoch
  Histogram commits;           // of the state store
};

}  // namespace descent
