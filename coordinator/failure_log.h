#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/failure_tail.h"
#include "coordinator/job.h"
#include "coordinator/log_store.h"
#include "descent/v1/service.pb.h"

namespace descent {

// The lines of a rank that failed, in the attempt that it ended.
struct FailedRankLines {
  std::string job_id;
  FailedRank rank;
};

// Those of the rank that the job's failure blames. Nothing: the job has not failed, or no rank is
// to blame.
std::optional<FailedRankLines> LinesOfFailedRank(const Job& job);

// Those of all its attempts that failed, the newest first.
std::vector<FailedRankLines> LinesOfFailedRanks(const Job& job);

// Add the last of these lines to what a user sees; none where they cannot be read, because the
// failure is told all the same. Block on the disk.
void AddLogTail(const LogStore& logs, const FailedRankLines& lines, v1::Job& view);

// Of attempts only the newest have them, about a MiB in all.
void AddLogTails(const LogStore& logs, const std::vector<FailedRankLines>& lines,
                 v1::ListJobAttemptsResponse& view);

}  // namespace descent
