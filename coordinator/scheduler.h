#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/precision.h"
#include "coordinator/membership.h"

namespace descent {

// What a waiting job asks for.
struct GangRequest {
  std::string job_id;
  int workers_min = 1;
  int workers_max = 1;
  Precision precision = Precision::kFloat32;
  std::string instruction_set;  // of its earlier attempts: others would change its bits; empty: any
};

// Ranks of one pool, reserved together or not at all.
struct Gang {
  std::string job_id;
  std::string pool;
  std::vector<SessionId> sessions;  // by world rank, ascending
};

// Serves `queue` in order. A job takes min(workers_max, free) ranks, at least workers_min, of one
// ready pool: the one that gives it most, then the one that keeps fewest free, then the first by
// name. The first job that does not fit reserves a pool that could ever hold it, so that smaller
// jobs behind it cannot starve it; they may still start in the other pools.
std::vector<Gang> ScheduleGangs(const std::vector<GangRequest>& queue,
                                const std::vector<PoolView>& pools);

// Why queue[index] has no gang, in one sentence without a full stop.
std::string ExplainWait(const std::vector<GangRequest>& queue, std::size_t index,
                        const std::vector<PoolView>& pools);

}  // namespace descent
