#pragma once

#include <optional>

#include "coordinator/job.h"
#include "coordinator/log_reader.h"

namespace descent {

// The lines of the rank that the job's failure blames, in the attempt that it ended. Nothing: the
// job has not failed, or no rank is to blame.
std::optional<LogFilter> LinesOfFailedRank(const Job& job);

}  // namespace descent
