#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/profile_options.h"
#include "common/worker_protocol.h"
#include "worker/collective/collective.h"
#include "worker/train/progress_marker.h"
#include "worker/train/step_control.h"

namespace descent {

// Hears what an assignment does. Called from the training thread; must not block.
class AssignmentReporter {
 public:
  virtual ~AssignmentReporter() = default;
  virtual void Report(WorkerMessage message) = 0;  // everything but AssignmentEnded
  // What the rank is doing now, for heartbeats: "prepare", "data", "compute", …
  virtual void SetPhase(std::string_view phase, std::int64_t step) = 0;
  // The steps of the checkpoints that the coordinator had on record when it recorded the newest one
  // of this attempt, which is the last of them; empty: it is not known to have recorded one.
  virtual std::vector<std::int64_t> KeptCheckpoints() const = 0;
};

// One rank's whole part in one attempt at a job: prepares (data, plans, state), runs the granted
// steps together with the other ranks, evaluates and saves where the grants say so, and returns how
// it ended. Blocks. `control` is told from another thread what may be done. `instruction_set` is
// the worker's. Records what `profile` asks for. Marks in `progress` how far it has come.
AssignmentEnded RunAssignment(const Assign& assign, std::string_view instruction_set,
                              Collective& collective, StepControl& control,
                              AssignmentReporter& reporter, const ProfileOptions& profile,
                              ProgressMarker& progress);

}  // namespace descent
