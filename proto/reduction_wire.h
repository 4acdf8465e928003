#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "descent/v1/job_spec.pb.h"

namespace descent {

// The part of wire.h that is about the order in which gradients are added.
void SetReduction(const JobSpec& spec, v1::JobSpec& proto);
Status SetReduction(const v1::JobSpec& proto, JobSpec& spec);

}  // namespace descent
