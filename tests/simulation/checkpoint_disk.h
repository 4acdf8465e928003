#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/training_state.h"

namespace descent {

// The volume of the checkpoints, which outlives all processes. What is published is whole.
class CheckpointDisk {
 public:
  using Checkpoints = std::map<std::int64_t, TrainingState>;  // by step

  // The directory of a checkpoint, in that of its job.
  static std::string DirectoryOf(const std::string& job_directory, std::int64_t step);

  // False: another state lies there, which stays. The same one is adopted.
  [[nodiscard]] bool Publish(const std::string& job_directory, const TrainingState& state);
  const TrainingState* Find(const std::string& directory) const;  // null: there is none
  // Removes those before the last of `kept` that are not among them, as rank 0 does.
  void RemoveOld(const std::string& job_directory, const std::vector<std::int64_t>& kept);
  void Remove(const std::string& directory);
  void RemoveAll(const std::string& job_directory);

  const std::map<std::string, Checkpoints>& jobs() const { return jobs_; }  // by directory

 private:
  std::map<std::string, Checkpoints> jobs_;
};

}  // namespace descent
