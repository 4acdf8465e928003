#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "common/log_line.h"
#include "common/result.h"
#include "coordinator/job.h"

namespace descent {

// The rank that is blamed for the end of an attempt.
struct FailedRank {
  int attempt = 0;
  int rank = 0;

  bool operator==(const FailedRank&) const = default;
};

// Nothing: the attempt has not failed, or no rank is to blame.
std::optional<FailedRank> FailedRankOf(const AttemptRecord& attempt);

// The last lines of such a rank lie in a file of their own beside the segments of its job's log,
// "attempt-3-rank-1.tail", in the form of log_record.h: they outlive the segments, of which the
// oldest go, and go with the job. At most limits::kFailureLogLinesKept, and no more than
// limits::kFailureLogBytesKept but for a single line.
// Everything here blocks on the disk; one writer at a time.

// Nothing: they are not kept yet.
Result<std::optional<std::vector<LogLine>>> ReadFailureTail(const std::filesystem::path& directory,
                                                            const FailedRank& rank);

// Removes all but the last lines that may be kept.
void KeepLastLines(std::vector<LogLine>& lines);

// Readers see what was there before, or this. All lines may be kept.
Status WriteFailureTail(const std::filesystem::path& directory, const FailedRank& rank,
                        const std::vector<LogLine>& lines);

// What is to be kept where `kept` is already, and the log now ends with `found`: of the lines that
// both have, one.
std::vector<LogLine> JoinTails(std::vector<LogLine> kept, const std::vector<LogLine>& found);

}  // namespace descent
