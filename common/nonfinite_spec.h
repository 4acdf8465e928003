#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace descent {

// What follows a step whose loss or gradient is not finite (docs/nonfinite_steps.md). All ranks see
// it in the same reduced bits, so all do the same in the same step.
enum class NonfiniteAction {
  kFail,      // the job ends
  kSkip,      // the step makes no update
  kRollback,  // the state of the last scheduled checkpoint comes back
};

struct NonfiniteSpec {
  NonfiniteAction action = NonfiniteAction::kFail;
  std::int64_t max = 10;  // in a row, before the job fails all the same; >= 1
};

std::string_view NonfiniteActionName(NonfiniteAction action);  // "skip": as in the job file

// Steps done of the state that a rollback after `steps_done` steps brings back: the last multiple
// of `every_steps`, which is above 0. 0 is the initial state.
std::int64_t RollbackStep(std::int64_t steps_done, std::int64_t every_steps);

// A step that was skipped or rolled back, as reported by its worker.
struct NonfiniteReport {
  NonfiniteAction action = NonfiniteAction::kSkip;
  std::string message;  // which samples, and what became of the step

  bool operator==(const NonfiniteReport&) const = default;
};

}  // namespace descent
