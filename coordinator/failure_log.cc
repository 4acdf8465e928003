#include "coordinator/failure_log.h"

#include <ranges>

namespace descent {

std::optional<LogFilter> LinesOfFailedRank(const Job& job) {
  if (!job.failure || job.failure->rank < 0) return std::nullopt;
  LogFilter lines{.ranks = {job.failure->rank}, .contains = {}};
  if (job.attempt.failure) {
    lines.attempt = job.attempt.attempt;
    return lines;
  }
  // A later attempt goes on already.
  for (const AttemptRecord& attempt : job.earlier_attempts | std::views::reverse) {
    if (!attempt.failure) continue;
    lines.attempt = attempt.attempt;
    return lines;
  }
  return std::nullopt;
}

}  // namespace descent
