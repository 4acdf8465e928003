#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/clock.h"
#include "coordinator/membership.h"

namespace descent {

// How many of a pool's workers are in each state, all of which are there: those of WorkerState in
// lower case; "suspect", in place of these, who was not heard of for half a lease; and "lost", who
// was attached and is not, in a pool that was whole.
std::map<std::string, std::int64_t> CountWorkersByState(const PoolView& pool, MonotonicTime now);

// The ranks that jobs can take, each in one of these or leaving.
struct SlotCounts {
  std::int64_t free = 0;
  std::int64_t allocated = 0;
  std::int64_t cordoned = 0;  // and idle
  std::int64_t lost = 0;      // as above
};

SlotCounts CountSlots(const PoolView& pool);

}  // namespace descent
