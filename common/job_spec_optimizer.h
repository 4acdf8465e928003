#pragma once

#include "common/job_spec.h"
#include "common/spec_checker.h"

namespace descent {

// The part of ValidateJobSpec that is about the optimizer, its groups and the average of the
// weights. Whether a group's patterns match anything, the model tells: worker/optim/update_rules.h.
void CheckOptimizer(const JobSpec& spec, SpecChecker& checker);

}  // namespace descent
