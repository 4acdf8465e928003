#pragma once

#include <string_view>

#include "common/job_spec.h"

namespace descent {

// What is wrong with a job for which even the largest pool is too small, whoever uses it now.
Violation GangInfeasible(int workers_min, std::string_view largest_pool, int world_size);

}  // namespace descent
