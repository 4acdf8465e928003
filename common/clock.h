#pragma once

#include <chrono>

namespace descent {

// Leases, deadlines and durations use the monotonic clock; only what people read uses the wall's.
using MonotonicTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

inline MonotonicTime MonotonicNow() { return std::chrono::steady_clock::now(); }
inline WallTime WallNow() { return std::chrono::system_clock::now(); }

inline double SecondsSinceEpoch(WallTime time = WallNow()) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

inline double SecondsBetween(MonotonicTime first, MonotonicTime last) {
  return std::chrono::duration<double>(last - first).count();
}

}  // namespace descent
