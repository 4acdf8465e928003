#include "coordinator/failure_tail.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/file.h"
#include "coordinator/log_record.h"
#include "coordinator/log_segments.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

fs::path TailPath(const fs::path& directory, const FailedRank& rank) {
  return directory / fmt::format("attempt-{}-rank-{}.tail", rank.attempt, rank.rank);
}

}  // namespace

std::optional<FailedRank> FailedRankOf(const AttemptRecord& attempt) {
  if (!attempt.failure || attempt.failure->rank < 0) return std::nullopt;
  return FailedRank{.attempt = attempt.attempt, .rank = attempt.failure->rank};
}

void KeepLastLines(std::vector<LogLine>& lines) {
  std::int64_t bytes = 0;
  auto first = lines.end();
  while (first != lines.begin() && lines.end() - first < limits::kFailureLogLinesKept) {
    bytes += std::ssize(std::prev(first)->text);
    if (bytes > limits::kFailureLogBytesKept && first != lines.end()) break;
    --first;
  }
  lines.erase(lines.begin(), first);
}

Result<std::optional<std::vector<LogLine>>> ReadFailureTail(const fs::path& directory,
                                                            const FailedRank& rank) {
  using Tail = std::optional<std::vector<LogLine>>;
  const Result<std::string> text = ReadFile(TailPath(directory, rank));
  if (text.status().code() == Code::kNotFound) return Tail();
  DESCENT_RETURN_IF_ERROR(text.status());
  std::vector<LogLine> lines;
  ForEachLine(text.value(), [&lines](std::string_view record) {
    if (std::optional<LogRecord> decoded = DecodeLogRecord(record))
      lines.push_back(std::move(decoded->line));
  });
  return Tail(std::move(lines));
}

Status WriteFailureTail(const fs::path& directory, const FailedRank& rank,
                        const std::vector<LogLine>& lines) {
  std::string text;
  for (const LogLine& line : lines)
    text += EncodeLogRecord({.generation = 0, .sequence = 0, .line = line});
  const fs::path path = TailPath(directory, rank);
  const fs::path partial = path.string() + std::string(kPartialSuffix);
  std::error_code error;
  fs::remove(partial, error);
  DESCENT_RETURN_IF_ERROR(WriteNewFile(partial, text));
  fs::rename(partial, path, error);
  return error ? Status(Code::kUnavailable, path.string() + ": " + error.message()) : Status();
}

// A log only grows at its end and only loses its beginning: what is new stands behind the last line
// that is kept.
std::vector<LogLine> JoinTails(std::vector<LogLine> kept, const std::vector<LogLine>& found) {
  if (kept.empty()) return found;
  const auto last = std::find(found.rbegin(), found.rend(), kept.back());
  kept.insert(kept.end(), last.base(), found.end());
  return kept;
}

}  // namespace descent
