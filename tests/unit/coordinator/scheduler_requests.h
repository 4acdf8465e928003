#pragma once

#include <string>

#include "coordinator/scheduler.h"

namespace descent {

// A complete pool; the session of a rank is `first_session` plus its rank.
inline PoolView MakePool(const std::string& name, int world_size, SessionId first_session) {
  PoolView pool{.name = name, .world_size = world_size, .free = world_size, .is_ready = true};
  for (int rank = 0; rank < world_size; ++rank)
    pool.workers.push_back({.session = first_session + static_cast<SessionId>(rank),
                            .pool = name,
                            .world_rank = rank,
                            .instruction_set = "avx2"});
  return pool;
}

inline GangRequest Request(const std::string& job_id, int workers_min, int workers_max) {
  return {.job_id = job_id, .workers_min = workers_min, .workers_max = workers_max};
}

}  // namespace descent
