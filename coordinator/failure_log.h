#pragma once

#include <optional>
#include <string>

#include "coordinator/job.h"
#include "coordinator/log_store.h"
#include "descent/v1/service.pb.h"

namespace descent {

// The lines of a rank that failed, in the attempt that it ended.
struct FailedRankLines {
  std::string job_id;
  std::string job_uid;
  int attempt = 0;
  int rank = 0;
  double end_time = 0;  // of the attempt, seconds since the epoch; 0: it goes on
};

// Those of the rank that the job's failure blames. Nothing: the job has not failed, or no rank is
// to blame.
std::optional<FailedRankLines> LinesOfFailedRank(const Job& job);

// Adds the last of these lines to what a user sees of the job's failure; none where they cannot be
// read, because the failure is told all the same. Blocks on the disk, but remembers what it has
// found once no more lines are to come.
void AddLogTail(const LogStore& logs, const FailedRankLines& lines, v1::Job& view);

}  // namespace descent
