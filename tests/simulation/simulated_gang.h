#pragma once

#include <vector>

#include "tests/simulation/checkpoint_disk.h"
#include "tests/simulation/simulated_rank.h"

namespace descent {

using SimulatedGang = std::vector<SimulatedRank*>;  // all members of an attempt, by rank

struct CallCircumstances {
  bool is_disk_low = false;  // saves that can wait are skipped
  double step_seconds = 0;
};

// All members have entered a call. It ends, and each does what follows from it, up to the next one.
// Blames a member where they have entered different calls, or differ in what they have computed.
void CompleteCall(const SimulatedGang& gang, const CallCircumstances& circumstances,
                  CheckpointDisk& disk);

}  // namespace descent
