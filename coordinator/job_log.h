#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include "common/log_line.h"
#include "common/result.h"

namespace descent {

struct LogBounds {
  std::int64_t segment_bytes = limits::kLogSegmentBytes;  // of text: a new segment is begun beyond
  std::int64_t job_bytes = limits::kJobLogBytesMax;       // on disk: the oldest segments go beyond
};

// What became of lines.
struct LogCounters {
  std::array<std::int64_t, static_cast<std::size_t>(LogSeverity::kError) + 1>
      stored{};                        // by severity
  std::int64_t dropped_by_rank = 0;    // its buffer was full while the coordinator was away
  std::int64_t dropped_as_oldest = 0;  // of a log that was longer than it may be
  std::int64_t dropped_unwanted = 0;   // of a job that is gone, or of ranks that are not its own

  LogCounters& operator+=(const LogCounters& more);
};

// Of all logs together. Any thread.
class SharedLogCounters {
 public:
  void Add(const LogCounters& more);
  LogCounters Read() const;

 private:
  mutable std::mutex mutex_;  // guards the following
  LogCounters sum_;
};

// The writing side of one job's log: appends to its last segment, compresses those before it, and
// removes the oldest. What is appended outlives the process, however it ends; a power failure may
// take the last seconds.
// One thread at a time, and one object for each directory.
class JobLog {
 public:
  // Opens the log in `directory`, or begins it there. A record that a crash cut off is removed.
  // Reads the whole log once: what ranks send again must be known. `counters`, which outlive the
  // result, count what it stores and drops.
  static Result<std::unique_ptr<JobLog>> Open(std::filesystem::path directory, LogBounds bounds,
                                              SharedLogCounters& counters);
  ~JobLog();

  JobLog(const JobLog&) = delete;
  JobLog& operator=(const JobLog&) = delete;

  // Stores the lines that are not here yet. Where lines are missing before them, a warning says how
  // many the rank has dropped. kResourceExhausted, kUnavailable: the disk; call again with the
  // same.
  Status Append(const LogChunk& chunk);

 private:
  struct Segment {
    std::int64_t first = 1;  // line
    std::int64_t bytes = 0;  // on disk
    bool is_compressed = false;
  };
  using Numbering = std::tuple<std::int64_t, int, bool>;  // generation, rank, whether of its output

  JobLog(std::filesystem::path directory, LogBounds bounds, SharedLogCounters& counters)
      : directory_(std::move(directory)), bounds_(bounds), counters_(counters) {}

  Status Recover();
  Status RecoverSegment(std::int64_t first);
  Status OpenLast();
  Status BeginSegment();
  void Compress(Segment& segment);
  Status Write(const std::string& records);
  void RemoveOldest();

  const std::filesystem::path directory_;
  const LogBounds bounds_;
  SharedLogCounters& counters_;
  int descriptor_ = -1;  // of the last segment; -1: there is none to append to
  std::deque<Segment> segments_;
  std::int64_t bytes_ = 0;      // of all segments
  std::int64_t next_line_ = 1;  // its number
  std::map<Numbering, std::int64_t> last_sequences_;
};

}  // namespace descent
