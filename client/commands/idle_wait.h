#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "client/api/cluster_client.h"
#include "client/exit_code.h"
#include "client/render/console.h"

namespace descent {

// Waits until workers that were drained have no job any more. One thread; what it is given outlives
// it.
class IdleWait {
 public:
  IdleWait(ClusterClient& client, Console& console, const std::vector<WorkerView>& workers);

  // Blocks until none has a job, or somebody interrupts: kInterrupted. kTimedOut: the time is up. A
  // worker that stays away counts as one without a job; a coordinator that does is an error.
  ExitCode Run(const std::optional<double>& timeout_seconds);

  std::vector<WorkerView> Workers() const;  // as last seen

 private:
  using Clock = std::chrono::steady_clock;

  struct WaitedWorker {
    WorkerView worker;
    Clock::time_point last_seen;
  };

  void Look(const std::vector<PoolView>& pools, WaitedWorker& waited);
  std::string Busy() const;  // those with a job, for people; empty: none

  ClusterClient& client_;
  Console& console_;
  std::vector<WaitedWorker> workers_;
};

}  // namespace descent
