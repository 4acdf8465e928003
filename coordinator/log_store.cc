#include "coordinator/log_store.h"

#include <utility>

#include "common/file.h"

namespace descent {
namespace {

// More than the jobs that run at once on one cluster's pools.
constexpr std::size_t kOpenMax = 64;

}  // namespace

Result<JobLog*> LogStore::LogOf(const std::string& job_id) {
  if (const auto found = open_.find(job_id); found != open_.end()) return found->second.get();
  if (open_.size() >= kOpenMax) open_.erase(open_.begin());  // it opens again on demand
  DESCENT_ASSIGN(std::unique_ptr<JobLog> log,
                 JobLog::Open(directory_ / job_id, bounds_, counters_));
  return (open_[job_id] = std::move(log)).get();
}

Status LogStore::Append(const LogChunk& chunk) {
  const std::lock_guard lock(mutex_);
  DESCENT_ASSIGN(JobLog * log, LogOf(chunk.job));
  return log->Append(chunk);
}

void LogStore::Drop(const LogChunk& chunk) {
  const std::lock_guard lock(mutex_);
  counters_.dropped_unwanted += std::ssize(chunk.lines);
}

LogCounters LogStore::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

Result<std::vector<LogLine>> LogStore::LastLines(const std::string& job_id, const LogFilter& filter,
                                                 std::int64_t count) const {
  DESCENT_ASSIGN(const std::int64_t first, FindTail(job_id, filter, count));
  LogReader reader = ReaderFrom(job_id, filter, first);
  std::vector<LogLine> lines;
  while (std::ssize(lines) < count) {
    DESCENT_ASSIGN(LogPage page, reader.Next());
    if (page.is_end || page.oldest) break;
    for (LogLine& line : page.lines) lines.push_back(std::move(line));
  }
  if (std::ssize(lines) > count) lines.erase(lines.begin(), lines.end() - count);
  return lines;
}

Status LogStore::Remove(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  open_.erase(job_id);
  return RemoveTree(directory_ / job_id);
}

Status LogStore::RemoveAllBut(const std::set<std::string>& job_ids) {
  DESCENT_ASSIGN(const std::vector<std::string> found, ListDirectory(directory_));
  for (const std::string& job_id : found)
    if (!job_ids.contains(job_id)) DESCENT_RETURN_IF_ERROR(Remove(job_id));
  return Status();
}

}  // namespace descent
