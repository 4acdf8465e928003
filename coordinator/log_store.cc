#include "coordinator/log_store.h"

#include <optional>
#include <system_error>
#include <utility>

#include "common/file.h"

namespace descent {
namespace {

// More than the jobs that run at once on one cluster's pools.
constexpr std::size_t kOpenMax = 64;

}  // namespace

std::shared_ptr<LogStore::OpenLog> LogStore::Use(const std::string& job_id) {
  std::shared_ptr<OpenLog> closed;  // after the lock is released
  const std::lock_guard lock(mutex_);
  if (!open_.contains(job_id) && open_.size() >= kOpenMax) closed = TakeLeastRecentlyUsed();
  std::shared_ptr<OpenLog>& open = open_[job_id];
  if (open == nullptr) open = std::make_shared<OpenLog>();
  open->last_use = ++uses_;
  return open;
}

// Of those that nobody is using now: nobody else can open the log a second time meanwhile. It opens
// again on demand. Null: all are being used.
std::shared_ptr<LogStore::OpenLog> LogStore::TakeLeastRecentlyUsed() {
  auto least = open_.end();
  for (auto open = open_.begin(); open != open_.end(); ++open)
    if (open->second.use_count() == 1 &&
        (least == open_.end() || open->second->last_use < least->second->last_use))
      least = open;
  if (least == open_.end()) return nullptr;
  return std::move(open_.extract(least).mapped());
}

Status LogStore::Append(const LogChunk& chunk) {
  const std::shared_ptr<OpenLog> open = Use(chunk.job);
  const std::lock_guard lock(open->mutex);
  if (open->log == nullptr) {
    DESCENT_ASSIGN(open->log, JobLog::Open(directory_ / chunk.job, bounds_, counters_));
  }
  return open->log->Append(chunk);
}

void LogStore::Drop(const LogChunk& chunk) {
  counters_.Add({.dropped_unwanted = std::ssize(chunk.lines)});
}

Result<std::vector<LogLine>> LogStore::LastLines(const std::string& job_id, const LogFilter& filter,
                                                 std::int64_t count,
                                                 const SearchBounds& bounds) const {
  DESCENT_ASSIGN(const std::int64_t first, FindTail(job_id, filter, count, bounds));
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

Result<std::vector<LogLine>> LogStore::FindFailureTail(const std::string& job_id,
                                                       const FailedRank& rank) const {
  const LogFilter filter{.ranks = {rank.rank}, .attempt = rank.attempt, .contains = {}};
  return LastLines(job_id, filter, limits::kFailureLogLinesKept, {.bytes_max = kTailBytesMax});
}

Status LogStore::KeepTail(const std::string& job_id, const FailedRank& rank) {
  const std::shared_ptr<OpenLog> open = Use(job_id);
  const std::lock_guard lock(open->mutex);
  const std::filesystem::path directory = directory_ / job_id;
  std::error_code ignored;
  if (!std::filesystem::exists(directory, ignored)) return Status();
  DESCENT_ASSIGN(std::optional<std::vector<LogLine>> kept, ReadFailureTail(directory, rank));
  DESCENT_ASSIGN(std::vector<LogLine> found, FindFailureTail(job_id, rank));
  if (kept) found = JoinTails(*std::move(kept), found);
  KeepLastLines(found);
  return WriteFailureTail(directory, rank, found);
}

Result<std::vector<LogLine>> LogStore::TailOf(const std::string& job_id,
                                              const FailedRank& rank) const {
  DESCENT_ASSIGN(std::optional<std::vector<LogLine>> kept,
                 ReadFailureTail(directory_ / job_id, rank));
  if (kept) return *std::move(kept);
  DESCENT_ASSIGN(std::vector<LogLine> found, FindFailureTail(job_id, rank));
  KeepLastLines(found);
  return found;
}

Status LogStore::Remove(const std::string& job_id) {
  const std::shared_ptr<OpenLog> open = Use(job_id);
  const std::lock_guard lock(open->mutex);
  open->log.reset();
  return RemoveTree(directory_ / job_id);
}

Status LogStore::RemoveAllBut(const std::set<std::string>& job_ids) {
  DESCENT_ASSIGN(const std::vector<std::string> found, ListDirectory(directory_));
  for (const std::string& job_id : found)
    if (!job_ids.contains(job_id)) DESCENT_RETURN_IF_ERROR(Remove(job_id));
  return Status();
}

}  // namespace descent
