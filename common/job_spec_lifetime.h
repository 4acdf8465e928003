#pragma once

#include "common/job_spec.h"
#include "common/spec_checker.h"

namespace descent {

// The part of ValidateJobSpec that is about how long a job may start, run, and stay once it has
// ended.
void CheckLifetime(const JobSpec& spec, SpecChecker& checker);

}  // namespace descent
