#pragma once

#include <string>

#include "coordinator/job.h"

namespace descent {

// A valid spec of a small job, with defaults filled in.
JobSpec MakeSpec();

// A job of that spec that is waiting. `sequence` is its order of creation.
Job MakeJob(const std::string& id, std::int64_t sequence);

// A job with a value in every field, all different from the defaults.
Job MakeFullJob();

}  // namespace descent
