#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/limits.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/simulated_rank.h"

namespace descent {

// What a ClusterSimulation is made of, beside its coordinator.

using RankId = std::int64_t;  // of a process; never used again

struct SimulatedHost {
  EventQueue::Time up_blocked_until{0};  // nothing of it reaches the coordinator
  EventQueue::Time down_blocked_until{0};
  EventQueue::Time lost_until{0};  // no process of it lives
};

// A launcher, which starts a world after the one before it has ended.
struct SimulatedSite {
  std::vector<std::size_t> hosts;  // of each world rank
  int worlds = 0;                  // started so far
  bool is_running = false;
  std::string pool;
  std::vector<RankId> ranks;  // by world rank; those that are dead included
};

struct SimulatedProcess {
  RankId id = 0;
  std::size_t site = 0;
  SimulatedRank rank;
  EventQueue::Time stuck_until{0};    // its training thread stands still
  EventQueue::Time stopped_until{0};  // all of it stands still
  EventQueue::Time up_at{0};          // when what it said last arrives
  EventQueue::Time down_at{0};
  EventQueue::Time reconnect_delay = limits::kReconnectDelayMin;
  std::int64_t preparing = 0;  // the newest generation that it has begun to prepare
};

struct SimulatedStream {
  RankId rank = 0;
  bool is_open_up = true;    // the coordinator hears it
  bool is_open_down = true;  // the rank hears it
};

}  // namespace descent
