#include "launch/supervisor.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "common/log.h"
#include "launch/exit_reporter.h"
#include "launch/pool_processes.h"
#include "launch/rank_report.h"
#include "launch/restart_policy.h"
#include "launch/world.h"

namespace descent {
namespace {

// A little more than the processes around the ranks give these.
constexpr std::chrono::seconds kStopGrace{80};
// Of a world that is about to start, which has nothing to save and may not hear that it is to end,
// and of one whose owner was killed.
constexpr std::chrono::seconds kShortStopGrace{2};
// A rank that gives up by itself so early does so for a reason that it would meet again.
constexpr std::chrono::seconds kStartTime{3};

bool DidStart(const WorldEnd& end, int ranks) {
  const bool gave_up = end.cause.signal == 0 && end.cause.exit_code != 0;
  return end.ranks_started == ranks && !(gave_up && end.lived < kStartTime);
}

}  // namespace

bool KeepPoolUp(const PoolOptions& pool, const Credentials& credentials, const LaunchSite& site,
                std::optional<int> restarts_max, const StopSignals& signals) {
  const pid_t parent = getppid();
  ExitReporter reporter(pool.coordinator, credentials);
  RestartPolicy policy(restarts_max);
  while (true) {
    const std::string name = DrawPoolName();
    Result<std::unique_ptr<World>> world = World::Start(MpirunCommand(pool, site), name);
    if (!world.ok()) {
      std::fprintf(stderr, "error: %s\n", world.status().message().c_str());
      return false;
    }
    LogInfo("workers started pool={} ranks={}", name, pool.ranks);
    const WorldEnd end = world.value()->Wait(signals);
    if (end.was_asked_to_stop) {
      // A parent of several threads may die by and by, after its signal.
      const auto is_hurried = [&] {
        return end.ranks_started < pool.ranks || (pool.ends_with_parent && getppid() != parent);
      };
      signals.Take();  // the one that led here; whoever sends another does not want to wait
      bool is_impatient = false;
      world.value()->Stop([&]() -> std::chrono::milliseconds {
        is_impatient = signals.Take() || is_impatient;
        if (is_impatient) return std::chrono::milliseconds(0);
        return is_hurried() ? kShortStopGrace : kStopGrace;
      });
      return true;
    }
    reporter.Report(end.cause);
    world.value()->Kill();
    const RestartPolicy::Decision next =
        policy.After({.lived = end.lived, .did_start = DidStart(end, pool.ranks)});
    const std::string reason = DescribeEnd(end.cause);
    if (!next.pause) {
      std::fprintf(stderr, "error: %s: %s\n%s", next.why_not.c_str(), reason.c_str(),
                   end.said.c_str());
      return false;
    }
    LogWarning("workers ended pool={} reason=\"{}\" restart={} pause_s={}", name, reason,
               policy.restarts(), next.pause->count());
    if (signals.Wait(*next.pause)) return true;
  }
}

}  // namespace descent
