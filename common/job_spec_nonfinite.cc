#include "common/job_spec_nonfinite.h"

#include "common/limits.h"

namespace descent {

void CheckNonfinite(const JobSpec& spec, SpecChecker& checker) {
  checker.RequireInRange("nonfinite.max", spec.nonfinite.max, 1, limits::kStepsMax);
  checker.Require(
      spec.nonfinite.action != NonfiniteAction::kRollback || spec.checkpoint.every_steps > 0,
      "nonfinite.action", "rollback without checkpoint.every_steps",
      "given with checkpoints on the way to go back to");
}

}  // namespace descent
