#pragma once

#include <sys/types.h>

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

// Where a coordinator listens; port 0: any that is free.
struct LocalAddresses {
  std::string user = "127.0.0.1:0";
  std::string worker = "127.0.0.1:0";
  std::string http = "127.0.0.1:0";
};

// A coordinator on loopback, and a pool of workers, as children of this process.
// Both are gone when the object is. One thread: the one that lives as long as the program, because
// the system ends the children with the thread that started them.
class LocalCluster {
 public:
  // Blocks until the coordinator listens. kUnavailable has the last lines of its log; kCancelled:
  // interrupted. kNotFound: the programs are not beside this one.
  static Result<std::unique_ptr<LocalCluster>> Start(const std::filesystem::path& state_directory,
                                                     LocalAddresses addresses = {});
  ~LocalCluster();

  // Once; does not wait for them.
  Status StartWorkers(int ranks, const ProfileOptions& profile);
  // Instead: a single one, without mpirun.
  Status StartLoneWorker();

  const LocalAddresses& addresses() const { return addresses_; }
  pid_t coordinator_pid() const { return coordinator_->pid(); }

  // Which child has ended although it should not, with the last lines of its log.
  std::optional<std::string> FindDeadChild();

  // Starts a coordinator that has ended again, on its addresses, and a lone worker; what a launcher
  // started is the launcher's to start again. What has ended and is back: "the coordinator ended
  // with signal 9 (Killed)"; empty: nothing had. Errors as of Start.
  Result<std::string> Revive();

 private:
  LocalCluster(std::filesystem::path state, LocalAddresses addresses);

  Status StartCoordinator();
  Status WaitForPorts();
  void RemoveTemporary();
  std::filesystem::path Logs() const { return state_ / "logs"; }
  std::filesystem::path LogFile(const std::string& program) const;

  const std::filesystem::path state_;
  LocalAddresses addresses_;         // with their ports, once it listens
  std::filesystem::path temporary_;  // private to this process; empty: there is none
  bool has_lone_worker_ = false;
  std::optional<ChildProcess> coordinator_;
  std::optional<ChildProcess> workers_;
};

}  // namespace descent
