#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "descent/v1/job_spec.pb.h"

namespace descent {

// The parts of wire.h that are about how long a job may start, run, and stay once it has ended.
void SetLifetime(const JobSpec& spec, v1::JobSpec& proto);
Status SetLifetime(const v1::JobSpec& proto, JobSpec& spec);

}  // namespace descent
