#include "launch/supervisor.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/failpoint.h"
#include "common/file.h"
#include "common/log.h"
#include "common/worker_exit.h"
#include "launch/exit_reporter.h"
#include "launch/host_file.h"
#include "launch/host_probe.h"
#include "launch/host_roster.h"
#include "launch/leave_time.h"
#include "launch/pool_processes.h"
#include "launch/rank_report.h"
#include "launch/restart_policy.h"
#include "launch/world.h"

namespace descent {
namespace {

// Of a world that is about to start, which has nothing to save and may not hear that it is to end,
// and of one whose owner was killed.
constexpr std::chrono::seconds kShortStopGrace{2};
// A rank that gives up by itself so early does so for a reason that it would meet again.
constexpr std::chrono::seconds kStartTime{3};

// The workers of a pool for one job alone have left because that is over, or goes on elsewhere.
bool IsOver(const PoolOptions& pool, const WorldEnd& end) {
  return !pool.only_job.empty() && !end.was_recalled && end.cause.signal == 0 &&
         IsWorkersOutcome(end.cause.exit_code);
}

bool DidStart(const WorldEnd& end, int ranks) {
  const bool gave_up = end.cause.signal == 0 && end.cause.exit_code != 0;
  return end.ranks_started == ranks && !(gave_up && end.lived < kStartTime);
}

// Says why the world ended, and until when the next one waits; absent: there is none.
std::optional<std::chrono::seconds> PauseAfter(const WorldEnd& end, const std::string& name,
                                               int ranks, RestartPolicy& policy) {
  const RestartPolicy::Decision next =
      policy.After({.lived = end.lived, .did_start = DidStart(end, ranks)});
  const std::string reason = DescribeEnd(end.cause);
  if (next.pause)
    LogWarning("workers ended pool={} reason=\"{}\" restart={} pause_s={}", name, reason,
               policy.restarts(), next.pause->count());
  else
    std::fprintf(stderr, "error: %s: %s\n%s", next.why_not.c_str(), reason.c_str(),
                 end.said.c_str());
  return next.pause;
}

std::vector<HostSlots> HostsOf(const PoolOptions& pool) {
  if (pool.host_file.empty() || pool.probe_interval.count() == 0) return {};
  const Result<std::string> text = ReadFile(pool.host_file);
  return text.ok() ? ParseHostFile(text.value()) : std::vector<HostSlots>();
}

// Where the worlds of a pool start: without the hosts that do not answer, as long as one does.
class PoolHosts {
 public:
  PoolHosts(const PoolOptions& pool, const LaunchSite& site)
      : pool_(pool),
        question_{.agent = RemoteAgent(pool.mpirun_options),
                  .programs = {site.launch_program, site.worker_program}},
        roster_(HostsOf(pool)) {}

  PoolOptions OfNextWorld() const {
    PoolOptions next = pool_;
    if (roster_.left_out().empty()) return next;
    next.hosts = roster_.present();
    next.ranks = std::min(pool_.ranks, SlotsOf(next.hosts));
    return next;
  }

  void Ask(const StopSignals& signals) {
    const std::vector<Status> answers = ProbeHosts(question_, roster_.names(), signals);
    if (signals.Wait(std::chrono::milliseconds(0))) return;  // not all were waited for
    for (const HostRoster::Change& change : roster_.Take(answers)) {
      if (change.answer.ok()) {
        LogInfo("host is back host={}", change.host);
        returned_.push_back(change.host);
      } else {
        LogWarning("host left out host={} reason=\"{}\"", change.host, change.answer.message());
      }
    }
  }

  // After a world's end: the others were enough, so what did not start is the hosts that came back
  // for it. They are left out once more. False: none came back, or it started.
  bool BlameReturned(bool did_start) {
    const std::vector<std::string> returned = std::exchange(returned_, {});
    if (returned.empty()) return false;
    failed_returns_ = did_start ? 0 : failed_returns_ + 1;
    if (did_start) return false;
    for (const std::string& host : returned)
      LogWarning("host left out host={} reason=\"the workers did not start with it\"", host);
    roster_.LeaveOut(returned);
    return true;
  }

  // Blocks as World::Wait, and until a host that is left out answers, if more ranks would run then.
  WorldEnd WaitFor(World& world, int ranks, const StopSignals& signals) const {
    if (roster_.left_out().empty() || ranks == pool_.ranks) return world.Wait(signals);
    // Each return stops a job: one that was in vain is not tried again as soon.
    const int doublings = std::min(failed_returns_, kDoublingsMax);
    HostWatch watch(question_, roster_.left_out(), pool_.probe_interval * (1 << doublings));
    return world.Wait(signals, [&] { return watch.FindHostThatAnswers().has_value(); });
  }

 private:
  static constexpr int kDoublingsMax = 7;

  const PoolOptions& pool_;
  const HostQuestion question_;
  HostRoster roster_;
  std::vector<std::string> returned_;  // for the next world
  int failed_returns_ = 0;             // in a row
};

// Asks the world to end, and waits for that, for `leave_time` at most. `was_asked`: a signal has
// come for the pool. Another one than the first is of somebody who does not want to wait. Whether
// one has come by the end.
bool StopWorld(World& world, bool was_asked, std::chrono::seconds leave_time,
               const std::function<bool()>& is_hurried, const StopSignals& signals) {
  if (was_asked) signals.Take();
  bool is_impatient = false;
  world.Stop([&]() -> std::chrono::milliseconds {
    if (signals.Take()) {
      is_impatient = was_asked;
      was_asked = true;
    }
    if (is_impatient) return std::chrono::milliseconds(0);
    return is_hurried() ? kShortStopGrace : leave_time;
  });
  return was_asked || signals.Take();
}

}  // namespace

std::optional<int> KeepPoolUp(const PoolOptions& pool, const Credentials& credentials,
                              const LaunchSite& site, std::optional<int> restarts_max,
                              const StopSignals& signals) {
  const pid_t parent = getppid();
  // The job of a pool for one job alone is not over then.
  const int exit_when_stopped = pool.only_job.empty() ? kWorkerDone : kWorkerRequeue;
  ExitReporter reporter(pool.coordinator, credentials);
  RestartPolicy policy(restarts_max);
  PoolHosts hosts(pool, site);
  while (true) {
    const PoolOptions next_world = hosts.OfNextWorld();
    const int ranks = next_world.ranks;
    const std::string name = DrawPoolName();
    Result<std::unique_ptr<World>> world = World::Start(MpirunCommand(next_world, site), name);
    if (!world.ok()) {
      std::fprintf(stderr, "error: %s\n", world.status().message().c_str());
      return std::nullopt;
    }
    LogInfo("workers started pool={} ranks={}", name, ranks);
    DESCENT_FAILPOINT("launch.world.started");
    const WorldEnd end = hosts.WaitFor(*world.value(), ranks, signals);
    DESCENT_FAILPOINT("launch.end.seen");
    int exit_now = exit_when_stopped;
    if (end.was_asked_to_stop || end.was_recalled) {
      if (end.was_recalled) LogInfo("workers leave for a larger world pool={}", name);
      // A parent of several threads may die by and by, after its signal.
      const auto is_hurried = [&] {
        return end.ranks_started < ranks || (pool.ends_with_parent && getppid() != parent);
      };
      const bool is_asked =
          StopWorld(*world.value(), end.was_asked_to_stop,
                    WorldLeaveTime(pool.leave_timeout_seconds), is_hurried, signals);
      // Its job goes on later, and not here.
      if (world.value()->HasRankExitedWith(kWorkerRequeue)) exit_now = kWorkerRequeue;
      if (is_asked) return exit_now;
    }
    if (IsOver(pool, end)) {
      LogInfo("job is over here job={} exit_code={}", pool.only_job, end.cause.exit_code);
      world.value()->Stop([] { return kShortStopGrace; });
      return end.cause.exit_code;
    }
    const bool has_ended = !end.was_recalled;
    if (has_ended) {
      reporter.Report(end.cause);
      world.value()->Kill();
    }
    if (hosts.BlameReturned(end.was_recalled || DidStart(end, ranks))) continue;
    if (has_ended) {
      const std::optional<std::chrono::seconds> pause = PauseAfter(end, name, ranks, policy);
      if (!pause) return std::nullopt;
      if (signals.Wait(*pause)) return exit_now;
    }
    hosts.Ask(signals);
    if (signals.Wait(std::chrono::milliseconds(0))) return exit_now;
  }
}

}  // namespace descent
