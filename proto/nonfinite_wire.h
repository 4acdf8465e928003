#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "common/worker_protocol.h"
#include "descent/v1/job_spec.pb.h"
#include "descent/v1/worker.pb.h"

namespace descent {

// The parts of wire.h that are about steps that are not finite.
void SetNonfinite(const JobSpec& spec, v1::JobSpec& proto);
Status SetNonfinite(const v1::JobSpec& proto, JobSpec& spec);
void SetNonfinite(const StepMetrics& step, v1::StepMetrics& proto);
Status SetNonfinite(const v1::StepMetrics& proto, StepMetrics& step);

}  // namespace descent
