#include "coordinator/resource_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace descent {
namespace {

constexpr std::string_view kJobs = "jobs/";
constexpr std::string_view kCheckpoints = "/checkpoints/";
constexpr char kLatest[] = "latest";
constexpr std::size_t kJobIdCharactersMax = 63;

Status BadName(std::string_view found, std::string_view wanted) {
  return Status(Code::kInvalidArgument, fmt::format("\"{}\" is not a name like {}", found, wanted));
}

std::optional<std::int64_t> ParseStep(std::string_view text) {
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

bool IsJobId(std::string_view id) {
  const auto is_allowed = [](char c) {
    return ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '-';
  };
  return !id.empty() && id.size() <= kJobIdCharactersMax &&
         std::all_of(id.begin(), id.end(), is_allowed);
}

Result<std::string> ParseJobName(std::string_view name) {
  if (!name.starts_with(kJobs) || !IsJobId(name.substr(kJobs.size())))
    return BadName(name, "jobs/{job}");
  return std::string(name.substr(kJobs.size()));
}

Result<CheckpointName> ParseCheckpointName(std::string_view name) {
  constexpr std::string_view kWanted = "jobs/{job}/checkpoints/{step or latest}";
  const std::size_t split = name.find(kCheckpoints);
  if (split == std::string_view::npos) return BadName(name, kWanted);
  Result<std::string> job_id = ParseJobName(name.substr(0, split));
  if (!job_id.ok()) return BadName(name, kWanted);
  const std::string_view step_text = name.substr(split + kCheckpoints.size());
  CheckpointName parsed{std::move(job_id).value(), ParseStep(step_text)};
  if (!parsed.step && step_text != kLatest) return BadName(name, kWanted);
  return parsed;
}

Result<CheckpointRecord> FindCheckpoint(const Job& job, const CheckpointName& name) {
  const auto is_wanted = [&](const CheckpointRecord& checkpoint) {
    return !name.step || checkpoint.step == *name.step;
  };
  const auto found = std::find_if(job.checkpoints.rbegin(), job.checkpoints.rend(), is_wanted);
  if (found == job.checkpoints.rend())
    return Status(Code::kNotFound,
                  fmt::format("{} has no checkpoint \"{}\": {}", JobName(job.id),
                              name.step ? std::to_string(*name.step) : kLatest, StepsOf(job)));
  return *found;
}

}  // namespace descent
