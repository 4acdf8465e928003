#pragma once

#include <optional>

#include "launch/mpirun_command.h"
#include "launch/stop_signals.h"

namespace descent {

enum class PoolEnd {
  kStopped,   // a signal came
  kLeftJobs,  // a signal came, and at least one rank left a job, which is to be started again
  kGivenUp,
};

// Keeps a pool up: starts its world, and when any process of it ends, kills the rest, tells the
// coordinator why, and starts the next one. Every world has a pool name of its own, so nothing that
// the old one still says is taken for the new one's. After the first world, hosts of the host file
// on which nothing can be started are left out of the next, as long as one is left; a world that
// runs without one is asked to leave once that host answers. Blocks until a signal comes or it
// gives up, having said why on standard error. Nothing is left on this host afterwards. Call it on
// the first thread.
PoolEnd KeepPoolUp(const PoolOptions& pool, const Credentials& credentials, const LaunchSite& site,
                   std::optional<int> restarts_max, const StopSignals& signals);

}  // namespace descent
