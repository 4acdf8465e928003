#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "coordinator/job_log.h"
#include "coordinator/log_reader.h"

namespace descent {

// The logs of all jobs, each a directory of segments named by its job. Everything blocks on the
// disk, so it belongs on no thread that schedules. Any thread.
class LogStore {
 public:
  explicit LogStore(std::filesystem::path directory, LogBounds bounds = {})
      : directory_(std::move(directory)), bounds_(bounds) {}

  // As JobLog::Append. The job exists: its id becomes a path.
  Status Append(const LogChunk& chunk);

  // Counts lines that are not stored: their job is gone, or they are not of its ranks.
  void Drop(const LogChunk& chunk);

  // Since this object was made.
  LogCounters counters() const;

  LogReader ReaderFrom(const std::string& job_id, LogFilter filter, std::int64_t first) const {
    return LogReader(directory_ / job_id, std::move(filter), first);
  }

  // As FindLogTail.
  Result<std::int64_t> FindTail(const std::string& job_id, const LogFilter& filter,
                                std::int64_t count, const IsCancelled& is_cancelled = {}) const {
    return FindLogTail(directory_ / job_id, filter, count, is_cancelled);
  }

  // The last `count` lines that match, in order.
  Result<std::vector<LogLine>> LastLines(const std::string& job_id, const LogFilter& filter,
                                         std::int64_t count) const;

  Status Remove(const std::string& job_id);
  // What a coordinator that was killed did not come to remove.
  Status RemoveAllBut(const std::set<std::string>& job_ids);

 private:
  Result<JobLog*> LogOf(const std::string& job_id);

  const std::filesystem::path directory_;
  const LogBounds bounds_;
  mutable std::mutex mutex_;  // guards the following
  LogCounters counters_;
  std::map<std::string, std::unique_ptr<JobLog>> open_;  // by job
};

}  // namespace descent
