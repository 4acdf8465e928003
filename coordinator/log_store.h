#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "coordinator/failure_tail.h"
#include "coordinator/job_log.h"
#include "coordinator/log_reader.h"

namespace descent {

// The logs of all jobs, each a directory of segments named by its job. Everything blocks on the
// disk, so it belongs on no thread that schedules. Any thread.
class LogStore {
 public:
  explicit LogStore(std::filesystem::path directory, LogBounds bounds = {})
      : directory_(std::move(directory)), bounds_(bounds) {}

  // As JobLog::Append. The job exists: its id becomes a path. Waits for nothing but what is done to
  // the same log.
  Status Append(const LogChunk& chunk);

  // Counts lines that are not stored: their job is gone, or they are not of its ranks.
  void Drop(const LogChunk& chunk);

  // Since this object was made. Does not block.
  LogCounters counters() const { return counters_.Read(); }

  LogReader ReaderFrom(const std::string& job_id, LogFilter filter, std::int64_t first) const {
    return LogReader(directory_ / job_id, std::move(filter), first);
  }

  // As FindLogTail.
  Result<std::int64_t> FindTail(const std::string& job_id, const LogFilter& filter,
                                std::int64_t count, const SearchBounds& bounds = {}) const {
    return FindLogTail(directory_ / job_id, filter, count, bounds);
  }

  // As OldestLogLine.
  Result<std::int64_t> OldestLine(const std::string& job_id) const {
    return OldestLogLine(directory_ / job_id);
  }

  // The last `count` lines that match, in order.
  Result<std::vector<LogLine>> LastLines(const std::string& job_id, const LogFilter& filter,
                                         std::int64_t count, const SearchBounds& bounds = {}) const;

  // Keeps the last lines that a rank which has failed has now, in addition to those that were kept
  // before: call again when more have come. Nothing is kept of a job without a log.
  Status KeepTail(const std::string& job_id, const FailedRank& rank);
  // What was kept, or else what is to be found at the end of the log.
  Result<std::vector<LogLine>> TailOf(const std::string& job_id, const FailedRank& rank) const;

  Status Remove(const std::string& job_id);
  // What a coordinator that was killed did not come to remove.
  Status RemoveAllBut(const std::set<std::string>& job_ids);

 private:
  struct OpenLog {
    std::uint64_t last_use = 0;   // the store's mutex guards it
    std::mutex mutex;             // guards the log, and with it the job's directory
    std::unique_ptr<JobLog> log;  // null: not opened yet, or removed
  };

  Result<std::vector<LogLine>> FindFailureTail(const std::string& job_id,
                                               const FailedRank& rank) const;
  std::shared_ptr<OpenLog> Use(const std::string& job_id);
  std::shared_ptr<OpenLog> TakeLeastRecentlyUsed();

  const std::filesystem::path directory_;
  const LogBounds bounds_;
  SharedLogCounters counters_;
  std::mutex mutex_;  // guards the following; no disk is waited for while it is held
  std::uint64_t uses_ = 0;
  std::map<std::string, std::shared_ptr<OpenLog>> open_;  // by job
};

}  // namespace descent
