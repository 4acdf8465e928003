#include "coordinator/failure_log.h"

#include <algorithm>

namespace descent {

std::optional<LogFilter> LinesOfFailedRank(const Job& job) {
  if (!job.failure || job.failure->rank < 0) return std::nullopt;
  LogFilter lines{.ranks = {job.failure->rank}, .contains = {}};
  if (job.attempt.failure) {
    lines.attempt = job.attempt.attempt;
    return lines;
  }
  // A later attempt goes on already.
  const auto failed =
      std::find_if(job.earlier_attempts.rbegin(), job.earlier_attempts.rend(),
                   [](const AttemptRecord& attempt) { return attempt.failure.has_value(); });
  if (failed == job.earlier_attempts.rend()) return std::nullopt;
  lines.attempt = failed->attempt;
  return lines;
}

}  // namespace descent
