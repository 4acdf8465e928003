// ClusterSimulation's part for what fails.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>

#include "tests/simulation/cluster_simulation.h"

namespace descent {
namespace {

// A stream whose other end does not answer is closed after so long (worker keepalive).
constexpr std::chrono::seconds kKeepalive{30};
constexpr double kTenYears = 10 * 365.25 * 86400;

}  // namespace

const std::vector<ClusterSimulation::Fault>& ClusterSimulation::Faults() {
  using S = ClusterSimulation;
  static const std::vector<Fault> kFaults = {
      {"rank killed", 25, &S::KillRank},
      {"world killed", 8, &S::KillWorld},
      {"host lost", 4, &S::LoseHost},
      {"coordinator crashed", 10, &S::PlanCrash},
      {"stream broken", 12, &S::BreakAnyStream},
      {"host partitioned", 12, &S::BlockHost},
      {"coordinator partitioned", 3, &S::BlockCoordinator},
      {"rank stuck", 6, &S::StickRank},
      {"process stopped", 6, &S::StopRank},
      {"disk low", 4, &S::FillDisk},
      {"rank told to leave", 5, &S::LeaveWorld},
      {"wall clock set", 5, &S::SetWallClock},
      {"network slow", 4, &S::SlowNetwork},
  };
  return kFaults;
}

void ClusterSimulation::FaultForEver() {
  if (queue_.now() >= faults_until_) return;
  int total = 0;
  for (const Fault& fault : Faults()) total += fault.weight;
  int drawn = random_.Small(0, total - 1);
  for (const Fault& fault : Faults()) {
    drawn -= fault.weight;
    if (drawn >= 0) continue;
    ++report_.faults[fault.name];
    (this->*fault.happen)();
    break;
  }
  queue_.After(random_.Gap(options_.fault_gap_seconds), [this] { FaultForEver(); });
}

ClusterSimulation::Process* ClusterSimulation::AnyProcess() {
  if (processes_.empty()) return nullptr;
  return &std::next(processes_.begin(), random_.Number(0, std::ssize(processes_) - 1))->second;
}

// Its launcher sees that, and ends the world.
void ClusterSimulation::KillRank() {
  Process* const process = AnyProcess();
  if (process == nullptr) return;
  const std::size_t site = process->site;
  const std::string pool = sites_[site].pool;
  const RankExit exit{.world_rank = process->rank.place().world_rank,
                      .host = process->rank.place().host,
                      .signal = SIGKILL};
  Die(process->id, true);
  queue_.After(random_.Seconds(0.005, 1.5), [this, site, pool, exit] {
    const bool tells = random_.Happens(0.7);
    if (sites_[site].pool == pool)
      EndWorld(site, tells ? std::optional(exit) : std::nullopt, random_.Seconds(0.5, 8));
  });
}

void ClusterSimulation::KillWorld() {
  Process* const process = AnyProcess();
  if (process == nullptr) return;
  EndWorld(process->site, RankExit{.world_rank = -1, .signal = SIGKILL}, random_.Seconds(0.5, 8));
}

// Nobody tells: only silence does.
void ClusterSimulation::LoseHost() {
  const auto host = static_cast<std::size_t>(random_.Number(0, std::ssize(hosts_) - 1));
  hosts_[host].lost_until = queue_.now() + random_.Seconds(20, 300);
  for (std::size_t place = 0; place < sites_.size(); ++place) {
    const Site& site = sites_[place];
    if (!site.is_running || std::ranges::count(site.hosts, host) == 0) continue;
    for (std::size_t rank = 0; rank < site.ranks.size(); ++rank)
      if (site.hosts[rank] == host) Die(site.ranks[rank], false);
    const std::string pool = site.pool;
    queue_.After(random_.Seconds(1, 30), [this, place, pool] {
      if (sites_[place].pool == pool) EndWorld(place, std::nullopt, random_.Seconds(0.5, 8));
    });
  }
}

// While it handles the next event, before or after that is committed.
void ClusterSimulation::PlanCrash() { crash_after_ = random_.Small(-1, 6); }

void ClusterSimulation::BreakAnyStream() {
  if (const Process* const process = AnyProcess()) BreakStream(process->rank.session());
}

void ClusterSimulation::BlockHost() {
  const auto host = static_cast<std::size_t>(random_.Number(0, std::ssize(hosts_) - 1));
  const int kind = random_.Small(0, 3);  // one way, the other, or both
  Block(host, kind != 0, kind != 1, queue_.now() + random_.Seconds(0.5, 120));
}

void ClusterSimulation::BlockCoordinator() {
  const int kind = random_.Small(0, 3);
  const Time until = queue_.now() + random_.Seconds(0.5, 60);
  for (std::size_t host = 0; host < hosts_.size(); ++host) Block(host, kind != 0, kind != 1, until);
}

void ClusterSimulation::Block(std::size_t host, bool is_up, bool is_down, Time until) {
  Host& blocked = hosts_[host];
  if (is_up) blocked.up_blocked_until = std::max(blocked.up_blocked_until, until);
  if (is_down) blocked.down_blocked_until = std::max(blocked.down_blocked_until, until);
  if (until - queue_.now() > kKeepalive)
    queue_.After(kKeepalive, [this, host] { CloseSlowStreams(host); });
}

void ClusterSimulation::CloseSlowStreams(std::size_t host) {
  for (const Site& site : sites_)
    for (std::size_t rank = 0; rank < site.ranks.size(); ++rank) {
      const Process* const process = site.hosts[rank] == host ? Find(site.ranks[rank]) : nullptr;
      if (process != nullptr && process->rank.session() != 0 && !IsReachable(*process))
        BreakStream(process->rank.session());
    }
}

void ClusterSimulation::StickRank() {
  if (Process* const process = AnyProcess())
    process->stuck_until = queue_.now() + random_.Seconds(20, 400);
}

void ClusterSimulation::StopRank() {
  if (Process* const process = AnyProcess()) {
    process->stopped_until = queue_.now() + random_.Seconds(1, 60);
    GoOn(*process);  // once that is over
  }
}

void ClusterSimulation::FillDisk() { disk_low_until_ = queue_.now() + random_.Seconds(10, 300); }

void ClusterSimulation::LeaveWorld() {
  if (const Process* const process = AnyProcess())
    AskToLeave(process->site, process->rank.place().world_rank);
}

void ClusterSimulation::SetWallClock() {
  const double offset = (2 * random_.Part() - 1) * kTenYears;
  if (options_.sets_wall_clock) wall_offset_ = offset;
}

void ClusterSimulation::SlowNetwork() { slow_until_ = queue_.now() + random_.Seconds(5, 60); }

}  // namespace descent
