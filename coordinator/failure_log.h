#pragma once

#include <optional>
#include <string>

#include "coordinator/job.h"
#include "coordinator/log_store.h"
#include "descent/v1/service.pb.h"

namespace descent {

// The lines of the rank that the job's failure blames, in the attempt that it ended. Nothing: the
// job has not failed, or no rank is to blame.
std::optional<LogFilter> LinesOfFailedRank(const Job& job);

// Adds the last of these lines to what a user sees of the job's failure; none where they cannot be
// read, because the failure is told all the same. Blocks on the disk.
void AddLogTail(const LogStore& logs, const std::string& job_id, const LogFilter& lines,
                v1::Job& view);

}  // namespace descent
