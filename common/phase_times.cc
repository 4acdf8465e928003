#include "common/phase_times.h"

#include <utility>

namespace descent {

void PhaseClock::Enter(std::string_view phase, std::int64_t steps_done, MonotonicTime now) {
  // What was loaded was not computed meanwhile.
  if (phase_.empty() || phase_ == "load") steps_taken_ += steps_done - steps_done_;
  AddUntil(now);
  phase_ = phase;
  steps_done_ = steps_done;
}

PhaseTimes PhaseClock::Take(MonotonicTime now) {
  AddUntil(now);
  return {.steps = steps_done_ - std::exchange(steps_taken_, steps_done_),
          .seconds = std::exchange(seconds_, {})};
}

void PhaseClock::AddUntil(MonotonicTime now) {
  const MonotonicTime since = std::exchange(since_, now);
  if (phase_.empty()) return;
  const auto known = seconds_.find(phase_);
  if (known == seconds_.end())
    seconds_.emplace(phase_, SecondsBetween(since, now));
  else
    known->second += SecondsBetween(since, now);
}

}  // namespace descent
