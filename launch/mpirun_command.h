#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/credential_files.h"
#include "common/profile_options.h"
#include "launch/host_file.h"

namespace descent {

// A pool to start: one MPI world of workers that serve one coordinator.
struct PoolOptions {
  int ranks = 1;
  std::string coordinator;                     // HOST:PORT of its worker listener
  std::string only_job;                        // the workers serve this one alone; empty: any
  CredentialFiles credentials;                 // on every host under the same paths
  std::string host_file;                       // of mpirun; empty: all ranks on this machine
  std::vector<HostSlots> hosts;                // in place of the host file's; empty: all of them
  std::vector<std::string> mpirun_options;     // passed on as they are
  ProfileOptions profile;                      // the workers'
  std::optional<int> leave_timeout_seconds{};  // the workers'; absent: their default
  bool ends_with_parent = false;               // with the process that started this one
  std::chrono::seconds probe_interval{30};     // for hosts that are left out; 0: none ever is
};

// What mpirun has to be told about the machine it runs on.
struct LaunchSite {
  std::string mpirun_program;  // paths
  std::string launch_program;  // on every host
  std::string worker_program;  // on every host
  bool is_root = false;
};

// The arguments of mpirun, its name first. They are passed to the system as a list, never through a
// shell, so no character of them means anything else. Without a host file:
//   --oversubscribe   only permits it. mpirun counts cores as slots, and a laptop runs four workers
//                     on two of them; with hosts, the file says how many slots each one has.
//   --bind-to none    a worker's threads share the machine as the system decides.
// With one:
//   -x DESCENT_POOL   the variable that names the pool reaches the ranks of other hosts too.
// Each rank runs inside `descent-launch --rank-wrapper`, which tells how it ended.
// Options of the caller come after ours, so theirs win.
std::vector<std::string> MpirunCommand(const PoolOptions& pool, const LaunchSite& site);

}  // namespace descent
