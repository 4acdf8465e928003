#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "common/child_process.h"
#include "common/profile_options.h"
#include "common/result.h"

namespace descent {

// Where jobs, metrics, checkpoints and logs are: the same place as the coordinator's own default.
std::string DefaultStateDirectory();

// A coordinator on loopback with free ports, and a pool of workers, as children of this process.
// Both are gone when the object is. One thread: the one that lives as long as the program, because
// the system ends the children with the thread that started them.
class LocalCluster {
 public:
  // Blocks until the coordinator listens. kUnavailable has the last lines of its log; kCancelled:
  // interrupted. kNotFound: the programs are not beside this one.
  static Result<std::unique_ptr<LocalCluster>> Start(const std::filesystem::path& state_directory);
  ~LocalCluster();

  // Once; does not wait for them.
  Status StartWorkers(int ranks, const ProfileOptions& profile);

  const std::string& user_address() const { return user_address_; }

  // Which child has ended although it should not, with the last lines of its log.
  std::optional<std::string> FindDeadChild();

 private:
  LocalCluster(std::filesystem::path logs, std::filesystem::path temporary);

  Status StartCoordinator(const std::filesystem::path& state_directory);
  Status WaitForPorts();
  std::filesystem::path LogFile(const std::string& program) const;

  const std::filesystem::path logs_;
  const std::filesystem::path temporary_;  // private to this run
  std::string user_address_;
  std::string worker_address_;
  std::optional<ChildProcess> coordinator_;
  std::optional<ChildProcess> workers_;
};

}  // namespace descent
