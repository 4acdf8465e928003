#pragma once

#include <chrono>
#include <optional>

#include "coordinator/attempt.h"
#include "coordinator/job.h"

namespace descent {

// What to tell of a running attempt whose ranks are heard of and of which none goes on. A false
// alarm costs more than some seconds, so all of them must have stood still for `timeout` (0: there
// is no limit), and for ten times the median step, of which ten times as much while a first step,
// an evaluation or anything else beside the steps is under way, and sixty times as much while a
// checkpoint is waited for that is being written. Ranks that wait for a grant do not stand still.
//
// To blame are the ranks that have not come to the collective call that the others wait in. Where
// all are in the same one no rank is to blame.
std::optional<FailureRecord> FindStall(const Attempt& attempt, std::chrono::seconds timeout);

// Whether FindStall would find one: there is a limit, all ranks tell how far they are, and one of
// them has something to do.
bool IsStallWatched(const Attempt& attempt, std::chrono::seconds timeout);

}  // namespace descent
