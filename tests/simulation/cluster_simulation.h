#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/checkpoint_disk.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/random_source.h"
#include "tests/simulation/simulated_coordinator.h"
#include "tests/simulation/simulated_gang.h"
#include "tests/simulation/simulated_site.h"
#include "tests/simulation/simulation_checks.h"
#include "tests/simulation/simulation_report.h"

namespace descent {

// A cluster of one coordinator, launchers with their worlds of ranks, and users, in simulated time
// and under one seed: equal options give equal traces. The coordinator's State is the real one;
// clock, network, store, checkpoints and ranks are simulated. docs/reliability.md says which faults
// there are and what must hold.
class ClusterSimulation {
 public:
  explicit ClusterSimulation(const SimulationOptions& options);
  ClusterSimulation(const ClusterSimulation&) = delete;
  ClusterSimulation& operator=(const ClusterSimulation&) = delete;

  SimulationReport Run();  // once

 private:
  using Time = EventQueue::Time;
  using FaultMethod = void (ClusterSimulation::*)();
  struct Fault {
    const char* name;
    int weight;
    FaultMethod happen;
  };

  using Host = SimulatedHost;
  using Site = SimulatedSite;
  using Process = SimulatedProcess;
  using Stream = SimulatedStream;
  // The coordinator: cluster_simulation.cc.
  bool IsSound() const;
  void LookForTheEnd();
  EventTime Now() const;
  std::vector<Action> Post(const Event& event);  // none: nobody is there
  void Follow(const Event& event, const std::vector<Action>& actions);
  void Trace(const Event& event, const std::vector<Action>& actions);
  void AddToTrace(const std::string& line);
  void Perform(const std::vector<Action>& actions);
  void CrashCoordinator();
  void StartCoordinator();
  void TickForEver();
  SimulationReport MakeReport();

  // Streams: simulation_network.cc.
  Time Delay();
  Host& HostOf(const Process& process);
  bool IsReachable(const Process& process);
  void Connect(RankId id);
  void Flush(Process& process);
  void SendUp(Process& process, SimulatedRank::Said said);
  void HearUp(SessionId session, const SimulatedRank::Said& said);
  void SendDown(SessionId session, const CoordinatorMessage& message);
  void HearDown(SessionId session, const std::shared_ptr<const CoordinatorMessage>& message);
  void CloseDown(SessionId session);
  void LoseStream(SessionId session);  // the rank notices that it is closed
  void BreakStream(SessionId session);
  void BeatForEver(RankId id);

  // Worlds: simulation_worlds.cc.
  void MakeSites();
  void StartWorld(std::size_t site);
  void EndWorld(std::size_t site, std::optional<RankExit> exit, Time pause);
  void Die(RankId id, bool is_noticed);
  void TellExit(const RankExit& exit, int tries);
  Process* Find(RankId id);
  void GoOn(Process& process);
  void PrepareRank(RankId id, std::int64_t generation);
  void CheckCall(Process& process);
  void EndCall(std::size_t site, std::int64_t generation, const std::vector<RankId>& members);
  void LosePeers(std::size_t site, std::int64_t generation);
  void WatchAbort(Process& process);
  void AskToLeave(std::size_t site, int world_rank);
  void EndWorldThatHasLeft(std::size_t site);

  // Faults: simulation_faults.cc.
  static const std::vector<Fault>& Faults();
  void FaultForEver();
  Process* AnyProcess();  // null: there is none
  void KillRank();
  void KillWorld();
  void LoseHost();
  void PlanCrash();
  void BreakAnyStream();
  void BlockHost();
  void BlockCoordinator();
  void Block(std::size_t host, bool is_up, bool is_down, Time until);
  void StickRank();
  void StopRank();
  void FillDisk();
  void LeaveWorld();
  void SetWallClock();
  void SlowNetwork();
  void CloseSlowStreams(std::size_t host);

  // Users: simulation_users.cc.
  void AskForEver();
  bool Ask(const Event& event);  // true: it was done
  void Submit();
  void Fork();
  JobSpec AnySpec();
  const Job* AnyJob();
  void CommandAnyJob();
  void DeleteJob(const Job& job);
  void CommandAnyCheckpoint();
  void CommandAnyWorker();
  void UpdateAnyJob();
  void LetGoOnForEver();

  const SimulationOptions options_;
  RandomSource random_;
  EventQueue queue_;
  SimulatedCoordinator coordinator_;
  SimulationChecks checks_;
  CheckpointDisk disk_;
  SimulationReport report_;
  std::vector<Host> hosts_;
  std::vector<Site> sites_;
  std::map<RankId, Process> processes_;
  std::map<SessionId, Stream> streams_;
  std::set<std::int64_t> calls_ending_;  // generations whose call all ranks have entered
  std::optional<int> crash_after_;  // so many messages of the next event; below 0: not committed
  Time faults_until_{0};
  Time disk_low_until_{0};
  Time slow_until_{0};
  double wall_offset_ = 0;
  RankId last_rank_ = 0;
  SessionId last_session_ = 0;
  int last_job_ = 0;
  int largest_world_ = 0;
  bool is_over_ = false;
};

}  // namespace descent
