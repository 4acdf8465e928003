#include "coordinator/resource_name.h"

#include <fmt/format.h>

#include <charconv>

#include "coordinator/excerpt.h"

namespace descent {
namespace {

constexpr std::string_view kJobs = "jobs/";
constexpr std::string_view kCheckpoints = "/checkpoints/";
constexpr std::string_view kPools = "pools/";
constexpr std::string_view kWorkers = "/workers/";
constexpr std::string_view kLatest = "latest";
constexpr std::string_view kBest = "best";

Status BadName(std::string_view found, std::string_view wanted) {
  return Status(Code::kInvalidArgument,
                fmt::format("{} is not a name like {}", Excerpt(found), wanted));
}

std::optional<std::variant<std::int64_t, CheckpointAlias>> ParseStep(std::string_view text) {
  if (text == kLatest) return CheckpointAlias::kLatest;
  if (text == kBest) return CheckpointAlias::kBest;
  std::int64_t step = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
  if (error != std::errc() || end != text.data() + text.size() || step < 0) return std::nullopt;
  return step;
}

std::string StepsOf(const Job& job) {
  if (job.checkpoints.empty()) return "it has no checkpoint yet";
  std::string steps = "it has checkpoints at steps";
  for (const CheckpointRecord& checkpoint : job.checkpoints)
    steps += fmt::format(" {}", checkpoint.step);
  return steps;
}

}  // namespace

std::string JobName(std::string_view job_id) { return fmt::format("{}{}", kJobs, job_id); }

std::string CheckpointNameOf(std::string_view job_id, std::int64_t step) {
  return fmt::format("{}{}{}{}", kJobs, job_id, kCheckpoints, step);
}

std::string WorkerNameOf(std::string_view pool, int world_rank) {
  return fmt::format("{}{}{}{}", kPools, pool, kWorkers, world_rank);
}

Result<std::string> ParseJobName(std::string_view name) {
  if (!name.starts_with(kJobs) || !IsJobId(name.substr(kJobs.size())))
    return BadName(name, "jobs/{job}");
  return std::string(name.substr(kJobs.size()));
}

Result<CheckpointName> ParseCheckpointName(std::string_view name) {
  constexpr std::string_view kWanted = "jobs/{job}/checkpoints/{step, latest or best}";
  const std::size_t split = name.find(kCheckpoints);
  if (split == std::string_view::npos) return BadName(name, kWanted);
  Result<std::string> job_id = ParseJobName(name.substr(0, split));
  if (!job_id.ok()) return BadName(name, kWanted);
  const auto step = ParseStep(name.substr(split + kCheckpoints.size()));
  if (!step) return BadName(name, kWanted);
  return CheckpointName{std::move(job_id).value(), *step};
}

Result<WorkerName> ParseWorkerName(std::string_view name) {
  const auto bad = BadName(name, "pools/{pool}/workers/{world rank}");
  // A pool is named by who starts it: the last separator counts.
  const std::size_t split = name.rfind(kWorkers);
  if (!name.starts_with(kPools) || split == std::string_view::npos || split <= kPools.size())
    return bad;
  const std::string_view rank = name.substr(split + kWorkers.size());
  WorkerName parsed{.pool = std::string(name.substr(kPools.size(), split - kPools.size()))};
  const auto [end, error] =
      std::from_chars(rank.data(), rank.data() + rank.size(), parsed.world_rank);
  if (error != std::errc() || end != rank.data() + rank.size() || parsed.world_rank < 0) return bad;
  return parsed;
}

Result<CheckpointRecord> FindCheckpoint(const Job& job, const CheckpointName& name) {
  const auto no_checkpoint = [&](std::string_view wanted) {
    return Status(Code::kNotFound, fmt::format("{} has no checkpoint \"{}\": {}", JobName(job.id),
                                               wanted, StepsOf(job)));
  };
  if (const auto* step = std::get_if<std::int64_t>(&name.step)) {
    for (const CheckpointRecord& checkpoint : job.checkpoints)
      if (checkpoint.step == *step) return checkpoint;
    return no_checkpoint(std::to_string(*step));
  }
  if (std::get<CheckpointAlias>(name.step) == CheckpointAlias::kLatest) {
    if (job.checkpoints.empty()) return no_checkpoint(kLatest);
    return job.checkpoints.back();
  }
  if (const CheckpointRecord* best = FindBestCheckpoint(job)) return *best;
  if (job.checkpoints.empty()) return no_checkpoint(kBest);
  return Status(Code::kNotFound,
                fmt::format("{} has no best checkpoint: none was evaluated on validation data; "
                            "name one by its step, or \"latest\"",
                            JobName(job.id)));
}

}  // namespace descent
