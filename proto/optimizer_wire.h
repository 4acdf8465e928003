#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "descent/v1/job_spec.pb.h"

namespace descent {

// The optimizer, its groups and the average of the weights.
void SetOptimizer(const JobSpec& spec, v1::JobSpec& proto);
void SetOptimizer(const v1::JobSpec& proto, JobSpec& spec);

}  // namespace descent
