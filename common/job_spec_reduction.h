#pragma once

#include "common/job_spec.h"
#include "common/spec_checker.h"

namespace descent {

// The part of ValidateJobSpec that is about how gradients are added.
void CheckReduction(const JobSpec& spec, SpecChecker& checker);

}  // namespace descent
