#pragma once

#include <optional>

#include "launch/mpirun_command.h"
#include "launch/stop_signals.h"

namespace descent {

// Keeps a pool up: starts its world, and when any process of it ends, kills the rest, tells the
// coordinator why, and starts the next one. Every world has a pool name of its own, so nothing that
// the old one still says is taken for the new one's. After the first world, hosts of the host file
// on which they cannot be started are left out of the next, as long as one is left; a world that
// that has fewer ranks for that is asked to leave once that host answers twice; where the next one
// then does not start, the host is left out again, and for longer, which counts as no failure. A
// pool for one job alone ends with it. Blocks until that, or a signal comes: then it answers what
// to exit with, common/worker_exit.h. Or until it gives up (absent), having said why on standard
// error. Nothing is left on this host afterwards. Call it on the first thread.
std::optional<int> KeepPoolUp(const PoolOptions& pool, const Credentials& credentials,
                              const LaunchSite& site, std::optional<int> restarts_max,
                              const StopSignals& signals);

}  // namespace descent
