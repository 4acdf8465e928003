#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace descent {

// What a rank did with its time, by the names of its phases ("data", "compute", "reduce", …), and
// how many steps it finished in it.
struct PhaseTimes {
  std::int64_t steps = 0;
  std::map<std::string, double, std::less<>> seconds;

  bool operator==(const PhaseTimes&) const = default;
};

namespace limits {
inline constexpr std::size_t kPhasesMax = 32;  // of one rank
}  // namespace limits

// Adds up how long a thread is in each of its phases. Not thread-safe.
class PhaseClock {
 public:
  // `steps_done`: when it enters, since the beginning of the job.
  void Enter(std::string_view phase, std::int64_t steps_done, MonotonicTime now);

  // What was added up since the last time, of the phase that goes on as well.
  PhaseTimes Take(MonotonicTime now);

 private:
  void AddUntil(MonotonicTime now);

  std::string phase_;  // empty: not begun
  MonotonicTime since_;
  std::int64_t steps_done_ = 0;
  std::int64_t steps_taken_ = 0;
  std::map<std::string, double, std::less<>> seconds_;
};

}  // namespace descent
