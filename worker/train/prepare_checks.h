#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/job_spec.h"
#include "common/status.h"

namespace descent {

// What is refused before anything is allocated.

// kResourceExhausted: this machine has not even room for the state of `element_count` parameters
// (what TrainState keeps once, and one gradient) and, on the rank that writes checkpoints, for the
// copy that they are written from.
Status CheckMemory(const JobSpec& spec, std::int64_t element_count, bool writes_checkpoints);

// kInvalidArgument: a group of the optimizer names parameters that the model has not; all of them.
Status CheckGroupsFit(const OptimizerSpec& optimizer,
                      const std::vector<std::string>& parameter_names);

}  // namespace descent
