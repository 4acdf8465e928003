#pragma once

#include "common/job_spec.h"
#include "common/spec_checker.h"

namespace descent {

// The part of ValidateJobSpec that is about evaluations and what is decided by them: when, which
// checkpoint is the best, and early stopping.
void CheckEvaluation(const JobSpec& spec, SpecChecker& checker);

}  // namespace descent
