#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/action.h"
#include "coordinator/event.h"
#include "tests/simulation/checkpoint_disk.h"
#include "tests/unit/coordinator/action_observer.h"

namespace descent {

// What must hold after each event of a coordinator, beside what ActionObserver looks at:
//   one digest for each step of a job, that of all its steps in their order, each once: in what is
//     computed, in what is on record, and in what a job ends with
//   the steps that are recorded are contiguous
//   nothing is recorded of another generation than the job's newest
//   each checkpoint on record can be loaded
//   no job fails but for what its user asked for: a deadline, so many restarts, steps that it has
//   behind it
// A value.
class SimulationChecks {
 public:
  // What an event led to; all of it is committed.
  void Check(const Event& event, const std::vector<Action>& actions, const ActionObserver& observer,
             const CheckpointDisk& disk);
  // A job's ranks have computed this.
  void CheckState(const std::string& job_id, const TrainingState& state);

  std::int64_t RecordedStep(const std::string& job_id) const;  // 0: of a job that is over
  const std::vector<std::string>& violations() const { return violations_; }
  void Add(std::string violation) { violations_.push_back(std::move(violation)); }

 private:
  struct Lineage {
    std::uint64_t seed = 0;
    std::vector<TrainingState> states;  // from where the job starts
    std::int64_t recorded_step = 0;     // the last whose loss is recorded
  };

  void On(const StoreJob& store, const CheckpointDisk& disk);
  void On(const RecordMetrics& record);
  void CheckFailure(const Job& job);
  void CheckGeneration(const WorkerMessage& message, const std::vector<Action>& actions,
                       const ActionObserver& observer);
  void AddLineage(const Job& job, const CheckpointDisk& disk);
  static TrainingState StateAt(Lineage& lineage, std::int64_t step);

  std::map<std::string, Lineage> lineages_;  // of jobs that are not at their end
  std::vector<std::string> violations_;
};

}  // namespace descent
