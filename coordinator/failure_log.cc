#include "coordinator/failure_log.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "common/log.h"
#include "proto/log_wire.h"

namespace descent {

namespace {

constexpr std::size_t kAnswerBytes = std::size_t{1} << 20;

std::vector<LogLine> ReadTail(const LogStore& logs, const FailedRankLines& lines) {
  Result<std::vector<LogLine>> tail = logs.TailOf(lines.job_id, lines.rank);
  if (tail.ok()) return std::move(tail).value();
  LogWarning("log not readable job={} error=\"{}\"", lines.job_id, tail.status().ToString());
  return {};
}

void AddTo(v1::Failure& failure, const std::vector<LogLine>& tail) {
  for (const LogLine& line : tail) *failure.add_log_tail() = ToProto(line);
}

}  // namespace

std::optional<FailedRankLines> LinesOfFailedRank(const Job& job) {
  if (!job.failure || job.failure->rank < 0) return std::nullopt;
  const auto lines_in = [&job](const AttemptRecord& attempt) {
    return FailedRankLines{job.id, {.attempt = attempt.attempt, .rank = job.failure->rank}};
  };
  if (job.attempt.failure) return lines_in(job.attempt);
  // A later attempt goes on already.
  const auto failed =
      std::find_if(job.earlier_attempts.rbegin(), job.earlier_attempts.rend(),
                   [](const AttemptRecord& attempt) { return attempt.failure.has_value(); });
  if (failed == job.earlier_attempts.rend()) return std::nullopt;
  return lines_in(*failed);
}

std::vector<FailedRankLines> LinesOfFailedRanks(const Job& job) {
  std::vector<FailedRankLines> lines;
  const auto add = [&](const AttemptRecord& attempt) {
    if (const auto rank = FailedRankOf(attempt)) lines.push_back({job.id, *rank});
  };
  add(job.attempt);
  std::for_each(job.earlier_attempts.rbegin(), job.earlier_attempts.rend(), add);
  return lines;
}

void AddLogTail(const LogStore& logs, const FailedRankLines& lines, v1::Job& view) {
  AddTo(*view.mutable_failure(), ReadTail(logs, lines));
}

void AddLogTails(const LogStore& logs, const std::vector<FailedRankLines>& lines,
                 v1::ListJobAttemptsResponse& view) {
  std::size_t bytes = 0;
  for (const FailedRankLines& failed : lines) {
    for (v1::Attempt& attempt : *view.mutable_attempts()) {
      if (attempt.attempt() != failed.rank.attempt) continue;
      AddTo(*attempt.mutable_failure(), ReadTail(logs, failed));
      bytes += attempt.failure().ByteSizeLong();
    }
    if (bytes > kAnswerBytes) return;
  }
}

}  // namespace descent
