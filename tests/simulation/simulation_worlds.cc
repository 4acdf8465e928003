// ClusterSimulation's part for launchers, the worlds that they start, and the ranks of these.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "common/limits.h"
#include "tests/simulation/cluster_simulation.h"

namespace descent {
namespace {

constexpr int kWorldSizeMax = 64;
constexpr int kRanksOfHostMax = 8;
constexpr int kTellTries = 60;

// How long those that see others disappear take, and the ranks of a world to be killed.
constexpr double kPeerLostSecondsMax = 1;
constexpr double kKillSecondsMax = 1.5;
// The signal waiter of worker/main.cc: it gives the coordinator some seconds before it has its
// ranks stop by themselves, and the world is killed a minute after it was asked to leave.
constexpr std::chrono::seconds kHearStop{10};
constexpr std::chrono::seconds kLeaveTimeout{60};
// worker/train/abort_watch.h: a rank that does not obey an abort ends its process.
constexpr std::chrono::seconds kAbortWatch{20};

double StepSecondsOf(const Assign& assign) {
  return 0.25 + static_cast<double>(assign.spec.seed % 16) * 0.25;
}

}  // namespace

void ClusterSimulation::MakeSites() {
  for (int left = options_.workers; left > 0;) {
    const int size = random_.Small(1, std::min(left, kWorldSizeMax));
    const int ranks_of_host = random_.Small(1, kRanksOfHostMax);
    Site& site = sites_.emplace_back();
    for (int rank = 0; rank < size; ++rank) {
      if (rank % ranks_of_host == 0) hosts_.emplace_back();
      site.hosts.push_back(hosts_.size() - 1);
    }
    largest_world_ = std::max(largest_world_, size);
    left -= size;
  }
}

void ClusterSimulation::StartWorld(std::size_t place) {
  Site& site = sites_[place];
  const auto is_lost = [this](std::size_t host) { return hosts_[host].lost_until > queue_.now(); };
  if (std::ranges::any_of(site.hosts, is_lost))
    return queue_.After(std::chrono::seconds(5), [this, place] { StartWorld(place); });
  site.is_running = true;
  site.pool = fmt::format("pool-{}-{}", place, ++site.worlds);
  site.ranks.clear();
  const int size = static_cast<int>(site.hosts.size());
  for (int rank = 0; rank < size; ++rank) {
    const RankId id = ++last_rank_;
    site.ranks.push_back(id);
    SimulatedRank started(
        {.pool = site.pool,
         .world_rank = rank,
         .world_size = size,
         .host = fmt::format("host-{}", site.hosts[static_cast<std::size_t>(rank)])});
    processes_.emplace(id, Process{.id = id, .site = place, .rank = std::move(started)});
    queue_.After(random_.Seconds(0.5, 2.5), [this, id] { Connect(id); });
    queue_.After(random_.Seconds(0, 3), [this, id] { BeatForEver(id); });
  }
}

ClusterSimulation::Process* ClusterSimulation::Find(RankId id) {
  const auto process = processes_.find(id);
  return process == processes_.end() ? nullptr : &process->second;
}

// All its processes end, and after a pause the next one begins.
void ClusterSimulation::EndWorld(std::size_t place, std::optional<RankExit> exit, Time pause) {
  Site& site = sites_[place];
  if (!site.is_running) return;
  site.is_running = false;
  for (const RankId id : site.ranks) Die(id, true);
  if (exit) {
    exit->pool = site.pool;
    TellExit(*exit, kTellTries);
  }
  queue_.After(pause, [this, place] { StartWorld(place); });
}

// What it had sent arrives, and then, if that is noticed, the end of its stream.
void ClusterSimulation::Die(RankId id, bool is_noticed) {
  Process* const process = Find(id);
  if (process == nullptr) return;
  const SessionId session = process->rank.session();
  const std::size_t site = process->site;
  const std::int64_t generation =
      process->rank.current() ? process->rank.current()->assign->generation : 0;
  if (session != 0 && is_noticed)
    queue_.At(std::max(process->up_at, HostOf(*process).up_blocked_until) + Delay(),
              [this, session] {
                const auto stream = streams_.find(session);
                if (stream == streams_.end()) return;
                const bool was_heard = stream->second.is_open_up;
                streams_.erase(stream);
                if (was_heard) Post(WorkerGone{.session = session, .reason = "killed"});
              });
  processes_.erase(id);
  if (generation != 0) LosePeers(site, generation);
}

// A launcher tries again while no coordinator answers.
void ClusterSimulation::TellExit(const RankExit& exit, int tries) {
  queue_.After(random_.Seconds(0.01, 1), [this, exit, tries] {
    if (coordinator_.is_up())
      Post(WorldEnded{exit});
    else if (tries > 1)
      TellExit(exit, tries - 1);
  });
}

// It goes on until it waits, and says what it has to say.
void ClusterSimulation::GoOn(Process& process) {
  const Time still_until = std::max(process.stuck_until, process.stopped_until);
  if (still_until > queue_.now())
    return queue_.At(still_until, [this, id = process.id] {
      if (Process* const found = Find(id)) GoOn(*found);
    });
  const auto generation_of = [&] {
    return process.rank.current() ? process.rank.current()->assign->generation : 0;
  };
  const std::int64_t before = generation_of();
  process.rank.GoOn();
  Flush(process);
  const std::int64_t generation = generation_of();
  if (before != 0 && generation != before) LosePeers(process.site, before);
  if (process.rank.needs_preparation() && process.preparing != generation) {
    process.preparing = generation;
    queue_.After(random_.Seconds(0.1, 5),
                 [this, id = process.id, generation] { PrepareRank(id, generation); });
  }
  if (generation != 0 && process.rank.current()->call != SimulatedRank::Call::kNone)
    CheckCall(process);
  if (process.rank.has_left()) EndWorldThatHasLeft(process.site);
}

void ClusterSimulation::PrepareRank(RankId id, std::int64_t generation) {
  Process* const process = Find(id);
  if (process == nullptr || !process->rank.needs_preparation() ||
      process->rank.current()->assign->generation != generation)
    return;
  const Time still_until = std::max(process->stuck_until, process->stopped_until);
  if (still_until > queue_.now())
    return queue_.At(still_until, [this, id, generation] { PrepareRank(id, generation); });
  process->rank.Prepare(disk_);
  GoOn(*process);
}

// Once all ranks of the gang are in the call, it ends after a step's time. It never does where one
// of them is gone.
void ClusterSimulation::CheckCall(Process& process) {
  const SimulatedRank::Work& work = *process.rank.current();
  const std::int64_t generation = work.assign->generation;
  const Site& site = sites_[process.site];
  std::vector<RankId> members;
  bool are_all_there = true;
  for (const int world_rank : work.assign->world_ranks) {
    members.push_back(site.ranks[static_cast<std::size_t>(world_rank)]);
    const Process* const member = Find(members.back());
    const bool is_at_it = member != nullptr && member->rank.current() &&
                          member->rank.current()->assign->generation == generation;
    const bool is_gone =
        member == nullptr || (!is_at_it && member->rank.newest_generation() >= generation);
    if (is_gone) return LosePeers(process.site, generation);
    are_all_there &= is_at_it && member->rank.current()->call != SimulatedRank::Call::kNone;
  }
  if (!are_all_there || !calls_ending_.insert(generation).second) return;
  const double seconds = StepSecondsOf(*work.assign);
  queue_.After(random_.Seconds(0.9 * seconds, 1.1 * seconds),
               [this, site_index = process.site, generation, members] {
                 EndCall(site_index, generation, members);
               });
}

void ClusterSimulation::EndCall(std::size_t site, std::int64_t generation,
                                const std::vector<RankId>& members) {
  SimulatedGang gang;
  Time still_until = queue_.now();
  for (const RankId id : members) {
    Process* const member = Find(id);
    const bool is_in_it = member != nullptr && member->rank.current() &&
                          member->rank.current()->assign->generation == generation &&
                          member->rank.current()->call != SimulatedRank::Call::kNone;
    if (!is_in_it) {
      calls_ending_.erase(generation);
      return LosePeers(site, generation);
    }
    still_until = std::max({still_until, member->stuck_until, member->stopped_until});
    gang.push_back(&member->rank);
  }
  if (still_until > queue_.now())
    return queue_.At(still_until,
                     [this, site, generation, members] { EndCall(site, generation, members); });
  calls_ending_.erase(generation);
  const std::shared_ptr<const Assign> assign = gang.front()->work().assign;
  if (gang.front()->work().call == SimulatedRank::Call::kStep) ++report_.steps;
  CompleteCall(
      gang, {.is_disk_low = queue_.now() < disk_low_until_, .step_seconds = StepSecondsOf(*assign)},
      disk_);
  if (gang.front()->current()) checks_.CheckState(assign->job, gang.front()->work().state);
  for (const RankId id : members)
    if (Process* const member = Find(id)) GoOn(*member);
}

// Ranks of a gang that wait for others in a call see that some of them will not come.
void ClusterSimulation::LosePeers(std::size_t place, std::int64_t generation) {
  for (const RankId id : sites_[place].ranks) {
    if (Find(id) == nullptr) continue;
    queue_.After(random_.Seconds(0.001, kPeerLostSecondsMax), [this, id, generation] {
      Process* const process = Find(id);
      if (process == nullptr || !process->rank.current()) return;
      const SimulatedRank::Work& work = *process->rank.current();
      if (work.assign->generation != generation || work.call == SimulatedRank::Call::kNone) return;
      process->rank.End(EndOutcome::kFailed);
      GoOn(*process);
    });
  }
}

void ClusterSimulation::WatchAbort(Process& process) {
  if (process.stuck_until <= queue_.now() || !process.rank.current()) return;
  const std::int64_t generation = process.rank.current()->assign->generation;
  queue_.After(kAbortWatch, [this, id = process.id, generation] {
    Process* const stuck = Find(id);
    if (stuck == nullptr || !stuck->rank.current() ||
        stuck->rank.current()->assign->generation != generation)
      return;
    EndWorld(stuck->site, RankExit{.world_rank = stuck->rank.place().world_rank, .signal = SIGKILL},
             random_.Seconds(0.5, 8));
  });
}

// One that leaves waits for the coordinator's stop, then has its ranks stop by itself; what is left
// of its world is killed in the end.
void ClusterSimulation::AskToLeave(std::size_t place, int world_rank) {
  const RankId id = sites_[place].ranks[static_cast<std::size_t>(world_rank)];
  Process* const process = Find(id);
  if (process == nullptr) return;
  process->rank.RequestEnd("signal Terminated");
  Flush(*process);
  queue_.After(kHearStop, [this, id] {
    Process* const leaver = Find(id);
    if (leaver == nullptr) return;
    if (leaver->rank.current() && !leaver->rank.current()->is_told_to_stop)
      leaver->rank.StopByItself();
    GoOn(*leaver);
  });
  queue_.After(kLeaveTimeout, [this, place, id] {
    if (Find(id) != nullptr)
      EndWorld(place, RankExit{.world_rank = -1, .signal = SIGKILL}, random_.Seconds(0.5, 8));
  });
}

void ClusterSimulation::EndWorldThatHasLeft(std::size_t place) {
  for (const RankId id : sites_[place].ranks) {
    const Process* const process = Find(id);
    if (process != nullptr && !process->rank.has_left()) return;
  }
  const std::string pool = sites_[place].pool;
  queue_.After(random_.Seconds(0.01, kKillSecondsMax), [this, place, pool] {
    if (sites_[place].pool == pool) EndWorld(place, std::nullopt, random_.Seconds(0.5, 8));
  });
}

}  // namespace descent
