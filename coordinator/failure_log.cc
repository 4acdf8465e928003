#include "coordinator/failure_log.h"

#include <algorithm>

#include "common/log.h"
#include "proto/log_wire.h"

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

void AddLogTail(const LogStore& logs, const std::string& job_id, const LogFilter& lines,
                v1::Job& view) {
  const auto tail = logs.LastLines(job_id, lines, limits::kFailureLogLines);
  if (!tail.ok())
    return LogWarning("log not readable job={} error=\"{}\"", job_id, tail.status().ToString());
  for (const LogLine& line : tail.value()) *view.mutable_failure()->add_log_tail() = ToProto(line);
}

}  // namespace descent
