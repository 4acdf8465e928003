#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/log_line.h"

namespace descent {

// The assignment that lines belong to.
struct LogOrigin {
  std::string job;
  std::int64_t generation = 0;
  int attempt = 1;
  int rank = 0;
};

// What this rank has logged about its jobs and the coordinator has not stored yet. Holds a bounded
// number of bytes: when it is full, each new line pushes out the oldest, whose number then is
// missing for the coordinator to see. Any thread; Add never waits for anything but a copy of a few
// lines, so a step may log.
class LogRing {
 public:
  explicit LogRing(std::size_t bytes_max = limits::kLogRingBytesMax) : bytes_max_(bytes_max) {}

  // Lines from now on are of this assignment, numbered from 1, until EndAssignment.
  void BeginAssignment(LogOrigin origin);
  void SetStep(std::int64_t steps_done);
  void EndAssignment();

  // Adds a line of the present assignment; without one it is nobody's, and not kept. A ring has
  // lines of a log or of an output.
  void Add(LogSeverity severity, std::int64_t time_us, std::string_view text,
           LogSource source = LogSource::kLog);

  // Blocks until there are lines and it is time to send some: little at a time, unless somebody
  // waits for them. They stay until they are acknowledged. Nothing: the ring is closed.
  std::optional<LogChunk> WaitForChunk();
  void Acknowledge(const LogChunk& chunk);  // it is stored

  // Blocks until all lines that are there now are gone from the ring. False: not within `timeout`.
  bool WaitUntilSent(std::chrono::milliseconds timeout);

  // WaitForChunk returns at once from now on.
  void Close();

 private:
  struct Entry {
    std::shared_ptr<const LogOrigin> origin;
    std::int64_t sequence = 0;  // in its assignment
    std::int64_t ordinal = 0;   // in the ring
    LogLine line;

    std::size_t bytes() const { return sizeof(Entry) + line.text.size(); }
  };

  LogChunk Front() const;
  void PopFront();

  const std::size_t bytes_max_;
  std::mutex mutex_;  // guards the following
  std::condition_variable changed_;
  std::shared_ptr<const LogOrigin> origin_;  // null: no assignment
  std::optional<std::int64_t> step_;
  std::int64_t last_sequence_ = 0;
  std::int64_t last_ordinal_ = 0;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
  int waiting_ = 0;  // callers of WaitUntilSent
  MonotonicTime next_chunk_at_{};
  bool is_closed_ = false;
};

}  // namespace descent
