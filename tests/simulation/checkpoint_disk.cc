#include "tests/simulation/checkpoint_disk.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

namespace descent {
namespace {

// The job's directory and the step.
std::pair<std::string, std::int64_t> Split(const std::string& directory) {
  const std::size_t name = directory.rfind("/step-");
  return {directory.substr(0, name), std::stoll(directory.substr(name + 6))};
}

}  // namespace

std::string CheckpointDisk::DirectoryOf(const std::string& job_directory, std::int64_t step) {
  return fmt::format("{}/step-{}", job_directory, step);
}

bool CheckpointDisk::Publish(const std::string& job_directory, const TrainingState& state) {
  return jobs_[job_directory].try_emplace(state.step, state).first->second == state;
}

const TrainingState* CheckpointDisk::Find(const std::string& directory) const {
  const auto [job_directory, step] = Split(directory);
  const auto job = jobs_.find(job_directory);
  if (job == jobs_.end()) return nullptr;
  const auto state = job->second.find(step);
  return state == job->second.end() ? nullptr : &state->second;
}

void CheckpointDisk::RemoveOld(const std::string& job_directory,
                               const std::vector<std::int64_t>& kept) {
  const auto job = jobs_.find(job_directory);
  if (job == jobs_.end() || kept.empty()) return;
  std::erase_if(job->second, [&](const auto& entry) {
    return entry.first < kept.back() && !std::ranges::binary_search(kept, entry.first);
  });
}

void CheckpointDisk::Remove(const std::string& directory) {
  const auto [job_directory, step] = Split(directory);
  if (const auto job = jobs_.find(job_directory); job != jobs_.end()) job->second.erase(step);
}

void CheckpointDisk::RemoveAll(const std::string& job_directory) { jobs_.erase(job_directory); }

}  // namespace descent
