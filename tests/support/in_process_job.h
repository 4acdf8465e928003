#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "common/profile_options.h"
#include "common/worker_protocol.h"
#include "worker/train/step_control.h"

namespace descent {

// One attempt at a job whose ranks are threads of this process, without coordinator or MPI: what a
// coordinator would say is said to every rank in advance.
struct InProcessAttempt {
  Assign assign;  // but its rank; the attempt has a rank for each of assign.world_ranks
  Begin begin;
  std::vector<GrantSteps> grants;
  std::string_view instruction_set;
  bool shares_memory = false;        // the ranks, through the collective
  bool is_coordinator_away = false;  // it records no checkpoint; else each at once
  std::int64_t keep_last = 0;        // so many of those recorded in this attempt; 0: all
  ProfileOptions profile = {};
  // Hears every rank's reports, in the rank's thread; may be empty. `controls`: by rank.
  std::function<void(const WorkerMessage&, std::span<StepControl> controls)> on_report;
};

struct InProcessOutcome {
  std::vector<AssignmentEnded> ended;   // by rank
  std::vector<WorkerMessage> messages;  // rank 0's

  template <typename T>
  std::vector<T> Messages() const {
    std::vector<T> found;
    for (const WorkerMessage& message : messages)
      if (const T* typed = std::get_if<T>(&message)) found.push_back(*typed);
    return found;
  }
  std::vector<StepMetrics> Steps() const;
};

// Blocks until every rank has ended.
InProcessOutcome RunInProcess(const InProcessAttempt& attempt);

// The steps as a coordinator grants them: cut where the spec has checkpoints, saved after each, and
// final after the last.
std::vector<GrantSteps> ScheduledGrants(const JobSpec& spec, IndexRange steps);

// World ranks 0, 1, … for Assign::world_ranks.
std::vector<int> FirstRanks(int world_size);

}  // namespace descent
