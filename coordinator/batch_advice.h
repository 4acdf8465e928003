#pragma once

#include <string>

#include "coordinator/job.h"

namespace descent {

// What the gradient noise scale says about the job's batch size, in one sentence; empty while it is
// not known.
std::string BatchAdvice(const Job& job);

}  // namespace descent
