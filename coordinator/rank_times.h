#pragma once

#include <optional>
#include <vector>

#include "common/phase_times.h"

namespace descent {

// What a rank needs for a step of its own, in seconds: the batch, forward, backward and the update,
// without the waiting for others. The ranks of a job wait for the one of which this is the most.
// Nothing: it has finished no step.
std::optional<double> OwnStepSeconds(const PhaseTimes& times);

// The slowest rank's over the median: 1 where all are equal. Nothing: fewer than two are known.
std::optional<double> RankSkew(std::vector<double> own_step_seconds);

}  // namespace descent
