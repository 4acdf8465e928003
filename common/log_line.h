#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace descent {

enum class LogSeverity { kDebug, kInfo, kWarning, kError };  // ascending

std::string_view SeverityName(LogSeverity severity);  // "debug", "info", "warning", "error"
std::optional<LogSeverity> SeverityFromName(std::string_view name);

// Where a line comes from: the worker's log, or what its process wrote, with MPI and all libraries.
enum class LogSource { kLog, kStdout, kStderr };

std::string_view LogSourceName(LogSource source);  // "log", "stdout", "stderr"
std::optional<LogSource> LogSourceFromName(std::string_view name);

// One line of a rank about its job. The text may have several lines of its own.
struct LogLine {
  std::int64_t time_us = 0;  // microseconds since the epoch, by the worker's clock
  LogSeverity severity = LogSeverity::kInfo;
  int attempt = 1;
  int rank = 0;
  LogSource source = LogSource::kLog;
  std::optional<std::int64_t> step;  // steps done by then; absent: not known yet
  std::string text;

  bool operator==(const LogLine&) const = default;
};

// Consecutive lines of one rank in one attempt, on their way to the coordinator: all of its log, or
// all of its output. A rank numbers its lines of an attempt from 1, those of its log and of its
// output apart, and also those that it drops: the numbers tell the receiver which lines it has
// already, and how many are missing.
struct LogChunk {
  std::string job;
  std::int64_t generation = 0;
  std::int64_t first_sequence = 1;  // of the first line
  std::vector<LogLine> lines;       // all of the same rank and attempt; at least one

  bool is_output() const { return lines.front().source != LogSource::kLog; }
  std::int64_t last_sequence() const { return first_sequence + std::ssize(lines) - 1; }
};

namespace limits {

// A longer text is cut, and says so.
inline constexpr std::size_t kLogTextBytesMax = std::size_t{16} << 10;

// What a worker keeps until the coordinator has stored it: some ten thousand lines, enough for
// hours without a coordinator at the pace of a training job.
inline constexpr std::size_t kLogRingBytesMax = std::size_t{2} << 20;

// The same of its output, which nobody has bounded: with the pace of a link that is also what a
// second of a flood leaves in a job's log, a few times over.
inline constexpr std::size_t kOutputRingBytesMax = std::size_t{256} << 10;

// Text of one message, of workers to the coordinator.
inline constexpr std::size_t kLogChunkBytes = std::size_t{256} << 10;

// The log of one job on the coordinator's disk: whole segments are removed beyond it, the oldest
// first.
inline constexpr std::int64_t kJobLogBytesMax = std::int64_t{64} << 20;
inline constexpr std::int64_t kLogSegmentBytes = std::int64_t{256} << 10;

inline constexpr int kLogTailMax = 100'000;  // lines that a reader may ask for from the end

// Last lines of a rank that failed: what is kept with the failure, and what is shown unasked.
inline constexpr int kFailureLogLinesKept = 200;
inline constexpr std::int64_t kFailureLogBytesKept = std::int64_t{32} << 10;
inline constexpr int kFailureLogLinesShown = 20;

// How long the end of an attempt is held back for its last lines to be stored.
inline constexpr std::chrono::seconds kLogFlushMax{1};

}  // namespace limits
}  // namespace descent
