#include "common/job_spec_lifetime.h"

#include "common/limits.h"

namespace descent {

void CheckLifetime(const JobSpec& spec, SpecChecker& checker) {
  checker.RequireInRange("start_timeout", spec.start_timeout_seconds, 0,
                         limits::kDurationSecondsMax);
  checker.RequireInRange("deadline", spec.deadline_seconds, 0, limits::kDurationSecondsMax);
  if (spec.retention.days)
    checker.RequireInRange("retention.days", *spec.retention.days, 0, limits::kRetentionDaysMax);
}

}  // namespace descent
