#include "coordinator/counters.h"

#include <algorithm>
#include <numeric>

#include "common/job_spec.h"

namespace descent {
namespace {

constexpr std::int64_t kElementBytes = sizeof(float);  // gradients are added up in f32

}  // namespace

void Histogram::Add(double value) {
  const auto bucket = std::ranges::lower_bound(bounds, value) - bounds.begin();
  ++counts[static_cast<std::size_t>(bucket)];
  sum += value;
}

std::int64_t Histogram::Count() const {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

std::string_view TriggerOf(const Job& job, std::int64_t step, std::int64_t request) {
  if (IsEnding(job.state)) return "stop";
  if (job.train_samples > 0 &&
      step == ComputeBatchArithmetic(job.spec, job.train_samples).last_step)
    return "end";
  return request > job.attempt.save_requests_done ? "request" : "schedule";
}

void Counters::Count(const StoreJob& change, double wall) {
  if (change.event_type == "Created") ++jobs_submitted;
  if (change.from_state == change.to_state) return;
  const Job& job = change.job;
  if (IsTerminal(job.state)) ++jobs_finished[{change.to_state, change.reason}];
  if (job.state == JobState::kRecovering) ++restarts[change.reason];
  if (job.state == JobState::kSuspending && change.reason == kPreempted) ++preemptions;
  if (job.state == JobState::kSuspending && change.reason == kResizing) ++resizes;
  if (job.state == JobState::kStarting && job.attempt.attempt == 1)
    admission_waits.Add(wall - job.create_time);
  if (job.state == JobState::kRunning) startups[kCpuDevice].Add(wall - job.attempt.start_time);
}

void Counters::Count(const Job& job, const CheckpointWritten& written) {
  ++checkpoints[{"written", std::string(TriggerOf(job, written.step, written.request))}];
  checkpoint_sizes.Add(static_cast<double>(written.bytes));
  // A worker of before it was measured tells none.
  if (written.write_seconds > 0) checkpoint_write_times.Add(written.write_seconds);
  if (written.blocking_seconds > 0) checkpoint_blocking_times.Add(written.blocking_seconds);
}

void Counters::Count(const Job& job, const CheckpointSkipped& skipped) {
  ++checkpoints[{"skipped", std::string(TriggerOf(job, skipped.step, skipped.request))}];
}

// Rank 0 alone writes. One that sees others disappear meanwhile has not failed to.
void Counters::Count(const Job& job, const AssignmentEnded& ended) {
  if (ended.outcome != EndOutcome::kFailed || ended.rank != 0 || ended.phase != "checkpoint" ||
      ended.reason == "PeerLost")
    return;
  ++checkpoints[{"failed", std::string(TriggerOf(job, ended.step, job.attempt.save_requests))}];
}

void Counters::Count(const Job& job, const StepReports& reports, double wall) {
  JobCounters& counters = jobs[job.id];
  counters.last_step_time = wall;
  for (const StepMetrics& step : reports.steps) {
    counters.step_times.Add(step.step_seconds);
    counters.samples += step.samples;
  }
  // A rank that is alone has nobody to add its gradient up with.
  if (job.attempt.workers.size() > 1)
    counters.allreduce_bytes += std::ssize(reports.steps) * job.parameter_count * kElementBytes;
}

void Counters::Count(const Job& job, const Heartbeat& heartbeat) {
  std::map<std::string, double>& seconds = jobs[job.id].phase_seconds;
  for (const auto& [phase, more] : heartbeat.times.seconds)
    if (seconds.contains(phase) || seconds.size() < limits::kPhasesMax) seconds[phase] += more;
}

}  // namespace descent
