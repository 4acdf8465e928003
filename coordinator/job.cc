#include "coordinator/job.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cmath>
#include <span>
#include <utility>

namespace descent {
namespace {

constexpr std::array<std::pair<JobState, std::string_view>, 11> kNames = {{
    {JobState::kQueued, "QUEUED"},
    {JobState::kStarting, "STARTING"},
    {JobState::kRunning, "RUNNING"},
    {JobState::kRecovering, "RECOVERING"},
    {JobState::kCancelling, "CANCELLING"},
    {JobState::kSuspending, "SUSPENDING"},
    {JobState::kSuspended, "SUSPENDED"},
    {JobState::kStopping, "STOPPING"},
    {JobState::kSucceeded, "SUCCEEDED"},
    {JobState::kFailed, "FAILED"},
    {JobState::kCancelled, "CANCELLED"},
}};

}  // namespace

bool IsTerminal(JobState state) {
  return state == JobState::kSucceeded || state == JobState::kFailed ||
         state == JobState::kCancelled;
}

bool IsWaiting(JobState state) {
  return state == JobState::kQueued || state == JobState::kRecovering;
}

bool IsEnding(JobState state) {
  return state == JobState::kCancelling || state == JobState::kSuspending ||
         state == JobState::kStopping;
}

bool IsActive(JobState state) {
  return state == JobState::kStarting || state == JobState::kRunning ||
         state == JobState::kRecovering || IsEnding(state);
}

bool IsGivingWay(const Job& job) {
  return job.state == JobState::kSuspending &&
         (job.state_reason == kPreempted || job.state_reason == kDrained ||
          job.state_reason == kWorkerLeaving || job.state_reason == kResizing);
}

std::string_view JobStateName(JobState state) {
  for (const auto& [value, name] : kNames)
    if (value == state) return name;
  return "UNKNOWN";
}

std::string UidOf(const Job& job) {
  if (job.sequence == 0) return "";
  // A name may be given again, and after a restart the newest job's sequence, too: never at the
  // same time.
  const std::string identity = fmt::format("{} {} {}", job.id, job.sequence, job.create_time);
  return Hash(std::as_bytes(std::span<const char>(identity))).ToHex();
}

std::string EtagOf(const Job& job) {
  constexpr std::size_t kUidCharacters = 8;
  if (job.sequence == 0) return "";
  return fmt::format("{}-{}", UidOf(job).substr(0, kUidCharacters), job.revision);
}

Status CheckEtag(const Job& job, const std::string& etag) {
  if (etag.empty() || etag == EtagOf(job)) return Status();
  return Status(Code::kAborted, fmt::format("job {} has changed since: its etag is \"{}\", not "
                                            "\"{}\"",
                                            job.id, EtagOf(job), etag));
}

const CheckpointRecord* FindBestCheckpoint(const Job& job) {
  const EvaluationMetric metric = job.spec.checkpoint.best_metric;
  const CheckpointRecord* best = nullptr;
  for (const CheckpointRecord& checkpoint : job.checkpoints) {
    const std::optional<double> value = ValueOf(checkpoint.validation, metric);
    if (!value || std::isnan(*value)) continue;
    if (best == nullptr || IsBetter(metric, *value, best->validation.at(metric)))
      best = &checkpoint;
  }
  return best;
}

std::optional<JobState> JobStateFromName(std::string_view name) {
  for (const auto& [value, value_name] : kNames)
    if (value_name == name) return value;
  return std::nullopt;
}

}  // namespace descent
