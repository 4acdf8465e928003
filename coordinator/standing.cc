#include "coordinator/standing.h"

#include <algorithm>

#include "common/limits.h"

namespace descent {
namespace {

// What a heartbeat vouches for: one that was lost before it, and no more.
constexpr double kHeardSecondsMax =
    std::chrono::duration<double>(2 * limits::kHeartbeatInterval).count();

}  // namespace

void Standing::Hear(const Heartbeat& heartbeat, MonotonicTime now) {
  const bool has_moved = !heard_at || heartbeat.progress.moves != progress.moves;
  still_seconds =
      has_moved ? 0 : still_seconds + std::min(SecondsBetween(*heard_at, now), kHeardSecondsMax);
  step = heartbeat.step;
  phase = heartbeat.phase;
  progress = heartbeat.progress;
  heard_at = now;
}

}  // namespace descent
