#include "client/commands/idle_wait.h"

#include <spdlog/fmt/fmt.h>

#include <thread>

#include "client/commands/command.h"
#include "client/follow.h"
#include "client/interrupt.h"
#include "client/render/cluster_text.h"

namespace descent {
namespace {

constexpr std::chrono::milliseconds kIdlePollInterval{250};
constexpr std::chrono::minutes kCoordinatorAwayMax{1};
// Workers come back sooner to a coordinator that was restarted.
constexpr std::chrono::seconds kWorkerAwayMax{30};

}  // namespace

IdleWait::IdleWait(ClusterClient& client, Console& console, const std::vector<WorkerView>& workers)
    : client_(client), console_(console) {
  for (const WorkerView& worker : workers)
    workers_.push_back({.worker = worker, .last_seen = Clock::now()});
}

ExitCode IdleWait::Run(const std::optional<double>& timeout_seconds) {
  ConnectionNotice connection(console_);
  const Clock::time_point begin = Clock::now();
  Clock::time_point last_answer = begin;
  while (!Busy().empty()) {
    if (InterruptCount() > 0) {
      console_.Say("waits no longer for what goes on: " + Busy());
      return ExitCode::kInterrupted;
    }
    const std::chrono::duration<double> waited = Clock::now() - begin;
    if (timeout_seconds && waited.count() > *timeout_seconds) {
      console_.Error(fmt::format("not idle after {}: {}", TimeoutText(*timeout_seconds), Busy()));
      return ExitCode::kTimedOut;
    }
    std::this_thread::sleep_for(kIdlePollInterval);
    const auto pools = client_.ListPools();
    const bool is_away = !pools.ok() && pools.error().exit_code == ExitCode::kUnreachable &&
                         Clock::now() - last_answer < kCoordinatorAwayMax;
    connection.Show(!is_away);
    if (is_away) continue;
    if (!pools.ok()) return Report(console_, pools.error());
    last_answer = Clock::now();
    for (WaitedWorker& worker : workers_) Look(pools.value(), worker);
  }
  return ExitCode::kDone;
}

void IdleWait::Look(const std::vector<PoolView>& pools, WaitedWorker& waited) {
  WorkerView& worker = waited.worker;
  if (worker.job.empty()) return;
  const std::string name = "worker/" + WorkerNameText(worker);
  if (const auto found = FindWorkers(pools, worker.name); !found.empty()) {
    waited = {.worker = found.front(), .last_seen = Clock::now()};
    if (worker.job.empty()) console_.Say(name + " is idle");
  } else if (Clock::now() - waited.last_seen > kWorkerAwayMax) {
    worker.job.clear();
    console_.Say(name + " is gone");
  }
}

std::vector<WorkerView> IdleWait::Workers() const {
  std::vector<WorkerView> workers;
  for (const WaitedWorker& waited : workers_) workers.push_back(waited.worker);
  return workers;
}

std::string IdleWait::Busy() const {
  std::string text;
  for (const auto& [worker, last_seen] : workers_)
    if (!worker.job.empty())
      text += fmt::format("{}{} (job {})", text.empty() ? "" : ", ", WorkerNameText(worker),
                          worker.job);
  return text;
}

}  // namespace descent
