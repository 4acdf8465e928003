#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/log_store.h"

namespace descent {

// Some lines of a log, and where they end in it.
struct LogNewsPage {
  std::vector<LogLine> lines;
  std::int64_t next = 0;  // number of the line after them
  // Lines before these are no longer kept: the oldest that is has this number.
  std::optional<std::int64_t> oldest;
};

// Follows the log of a job for who is shown all of it. `logs` outlive it. One thread; blocks on the
// disk.
class LogNews {
 public:
  // From the line with the number `first` on; 0: from the last kTailLines that are there.
  LogNews(const LogStore& logs, std::string job_id, std::int64_t first)
      : logs_(logs), job_id_(std::move(job_id)), first_(first) {}

  static constexpr std::int64_t kTailLines = 500;

  // What was stored since the last time, at most about 256 KiB of it.
  Result<LogNewsPage> Next();

 private:
  Status Open();

  const LogStore& logs_;
  const std::string job_id_;
  const std::int64_t first_;
  std::optional<LogReader> reader_;  // once it was asked
};

}  // namespace descent
