#include "coordinator/failure_log.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "proto/log_wire.h"

namespace descent {

namespace {

// What a rank that was killed had sent may arrive after the attempt's end.
constexpr double kLateSeconds = 10;

FailedRankLines LinesOf(const Job& job, const AttemptRecord& attempt) {
  return {.job_id = job.id,
          .job_uid = UidOf(job),
          .attempt = attempt.attempt,
          .rank = job.failure->rank,
          .end_time = attempt.end_time};
}

bool AreComplete(const FailedRankLines& lines) {
  const double now = std::chrono::duration<double>(WallNow().time_since_epoch()).count();
  return lines.end_time > 0 && now > lines.end_time + kLateSeconds;
}

Result<std::vector<LogLine>> ReadTail(const LogStore& logs, const FailedRankLines& lines) {
  const EndedRank rank{lines.job_uid, lines.attempt, lines.rank};
  const bool are_complete = AreComplete(lines);
  if (are_complete)
    if (auto known = logs.tails().Find(rank)) return *std::move(known);
  const LogFilter filter{.ranks = {lines.rank}, .attempt = lines.attempt, .contains = {}};
  DESCENT_ASSIGN(std::vector<LogLine> tail,
                 logs.LastLines(lines.job_id, filter, limits::kFailureLogLines));
  if (are_complete) logs.tails().Keep(rank, tail);
  return tail;
}

}  // namespace

std::optional<FailedRankLines> LinesOfFailedRank(const Job& job) {
  if (!job.failure || job.failure->rank < 0) return std::nullopt;
  if (job.attempt.failure) return LinesOf(job, job.attempt);
  // A later attempt goes on already.
  const auto failed =
      std::find_if(job.earlier_attempts.rbegin(), job.earlier_attempts.rend(),
                   [](const AttemptRecord& attempt) { return attempt.failure.has_value(); });
  if (failed == job.earlier_attempts.rend()) return std::nullopt;
  return LinesOf(job, *failed);
}

void AddLogTail(const LogStore& logs, const FailedRankLines& lines, v1::Job& view) {
  const Result<std::vector<LogLine>> tail = ReadTail(logs, lines);
  if (!tail.ok())
    return LogWarning("log not readable job={} error=\"{}\"", lines.job_id,
                      tail.status().ToString());
  for (const LogLine& line : tail.value()) *view.mutable_failure()->add_log_tail() = ToProto(line);
}

}  // namespace descent
