#include "common/nonfinite_spec.h"

#include "common/check.h"

namespace descent {

std::string_view NonfiniteActionName(NonfiniteAction action) {
  switch (action) {
    case NonfiniteAction::kFail:
      return "fail";
    case NonfiniteAction::kSkip:
      return "skip";
    case NonfiniteAction::kRollback:
      return "rollback";
  }
  return "unknown";
}

std::int64_t RollbackStep(std::int64_t steps_done, std::int64_t every_steps) {
  DESCENT_CHECK(steps_done >= 0);
  DESCENT_CHECK(every_steps > 0);
  return steps_done - steps_done % every_steps;
}

}  // namespace descent
