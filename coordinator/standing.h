#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/worker_protocol.h"

namespace descent {

// Where a rank of an attempt was heard to be last, and for how long it has been heard there.
// Silence does not count, of the rank or of a coordinator that slept: only time in which heartbeats
// came does.
struct Standing {
  std::int64_t step = 0;  // steps done
  std::string phase;
  RankProgress progress;
  std::optional<MonotonicTime> heard_at;  // absent: nothing was heard yet
  double still_seconds = 0;

  void Hear(const Heartbeat& heartbeat, MonotonicTime now);
};

}  // namespace descent
