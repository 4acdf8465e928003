#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/simulation/simulated_coordinator.h"

namespace descent {

// A coordinator and workers that obey it, in one thread under one seed. Everything a worker does is
// a function of what it was told, so all ranks and all replays of a job agree. Faults come from
// outside: workers die, hang, and say things of the past; the coordinator restarts.
class SimulatedCluster {
 public:
  explicit SimulatedCluster(std::uint64_t seed);

  void DoSomething();   // one random event, faults included
  void LoseAllPools();  // every worker dies
  void AttachPool(int world_size);
  // Suspended jobs are resumed, every worker makes a move, then a second passes.
  void WorkObediently();

  const ActionObserver& observer() const { return coordinator_.observer(); }
  std::vector<std::string> violations() const;

 private:
  struct Worker {
    std::string pool;
    int world_rank = 0;
    int world_size = 1;
    SessionId session = 0;
    bool is_hung = false;  // neither works nor speaks
    std::optional<Assign> assign;
    bool is_prepared = false;
    bool has_begun = false;
    std::deque<GrantSteps> grants;
    std::optional<StopMode> stop;
    std::int64_t steps_done = 0;
    std::int64_t save_request = 0;   // the newest it was told of
    std::int64_t saved_request = 0;  // and the newest it has obeyed
  };
  using Gang = std::vector<Worker*>;  // by rank

  std::int64_t Random(std::int64_t first, std::int64_t last);  // both may come
  void Post(const Event& event);
  void Perform(const std::vector<Action>& actions);
  void Say(const Worker& worker, WorkerMessage message);
  void Receive(SessionId session, const CoordinatorMessage& message);

  void Submit();
  void Command();
  void CommandACheckpoint(const std::string& job_id);
  void CommandWorker();
  void ResumeSuspended();
  void Register(Worker& worker);
  void PassSecond();
  void Kill();
  void SpeakOfThePast();
  void RestartCoordinator();

  void Move(Worker& worker);
  void MoveGang(const Gang& gang);
  void RunSteps(const Gang& gang);
  void SaveCheckpoint(Worker& worker);
  void End(Worker& worker, EndOutcome outcome);
  Gang GangOf(const Worker& worker);  // the members that still work at its assignment

  std::mt19937_64 random_;
  SimulatedCoordinator coordinator_;
  std::vector<std::string> violations_;
  EventTime now_;
  SessionId last_session_ = 0;
  int last_pool_ = 0;
  int last_job_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace descent
