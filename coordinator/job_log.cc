#include "coordinator/job_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "common/failpoint.h"
#include "common/file.h"
#include "common/log.h"
#include "coordinator/log_record.h"
#include "coordinator/log_segments.h"

namespace descent {
namespace {

Status LogFileFailure(std::string_view what, const std::filesystem::path& path) {
  const Code code =
      errno == ENOSPC || errno == EDQUOT ? Code::kResourceExhausted : Code::kUnavailable;
  return Status(code,
                "cannot " + std::string(what) + " " + path.string() + ": " + std::strerror(errno));
}

bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Stands where a rank's lines before `next` are missing, and has the number of the last of them.
LogRecord MissingLines(const LogRecord& next, std::int64_t count) {
  LogRecord record = next;
  record.sequence = next.sequence - 1;
  record.line.severity = LogSeverity::kWarning;
  const bool is_output = next.line.source != LogSource::kLog;
  record.line.text = is_output ? "output" : "log";
  record.line.text += " lines dropped by the rank before this one count=" + std::to_string(count);
  return record;
}

}  // namespace

LogCounters& LogCounters::operator+=(const LogCounters& more) {
  for (std::size_t i = 0; i < stored.size(); ++i) stored[i] += more.stored[i];
  dropped_by_rank += more.dropped_by_rank;
  dropped_as_oldest += more.dropped_as_oldest;
  dropped_unwanted += more.dropped_unwanted;
  return *this;
}

void SharedLogCounters::Add(const LogCounters& more) {
  const std::lock_guard lock(mutex_);
  sum_ += more;
}

LogCounters SharedLogCounters::Read() const {
  const std::lock_guard lock(mutex_);
  return sum_;
}

Result<std::unique_ptr<JobLog>> JobLog::Open(std::filesystem::path directory, LogBounds bounds,
                                             SharedLogCounters& counters) {
  DESCENT_RETURN_IF_ERROR(MakeDirectories(directory));
  std::unique_ptr<JobLog> log(  // NOLINT: private constructor
      new JobLog(std::move(directory), bounds, counters));
  DESCENT_RETURN_IF_ERROR(log->Recover());
  return log;
}

JobLog::~JobLog() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status JobLog::Recover() {
  DESCENT_RETURN_IF_ERROR(RemoveHalfCompressed(directory_));
  DESCENT_ASSIGN(const std::vector<std::int64_t> firsts, ListLogSegments(directory_));
  for (const std::int64_t first : firsts) DESCENT_RETURN_IF_ERROR(RecoverSegment(first));
  // After a power failure the last one may be complete already.
  return segments_.empty() || segments_.back().is_compressed ? Status() : OpenLast();
}

Status JobLog::RecoverSegment(std::int64_t first) {
  DESCENT_ASSIGN(const LogSegment segment, ReadLogSegment(directory_, first));
  next_line_ = first;
  const std::size_t whole = ForEachLine(segment.text, [this](std::string_view text) {
    ++next_line_;
    const std::optional<LogRecord> record = DecodeLogRecord(text);
    if (!record) return;
    std::int64_t& last = last_sequences_[{record->generation, record->line.rank,
                                          record->line.source != LogSource::kLog}];
    last = std::max(last, record->sequence);
  });
  // A complete segment has a line, also if it is too damaged to be read.
  if (segment.is_compressed) next_line_ = std::max(next_line_, first + 1);
  segments_.push_back(
      {.first = first,
       .bytes = segment.is_compressed ? segment.disk_bytes : static_cast<std::int64_t>(whole),
       .is_compressed = segment.is_compressed});
  bytes_ += segments_.back().bytes;
  return Status();
}

Status JobLog::OpenLast() {
  const std::filesystem::path path = LogSegmentPath(directory_, segments_.back().first);
  descriptor_ = open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor_ < 0) return LogFileFailure("open", path);
  if (ftruncate(descriptor_, segments_.back().bytes) != 0) return LogFileFailure("shorten", path);
  return Status();
}

Status JobLog::BeginSegment() {
  const std::filesystem::path path = LogSegmentPath(directory_, next_line_);
  const int descriptor =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return LogFileFailure("create", path);
  if (descriptor_ >= 0) {
    close(descriptor_);
    Compress(segments_.back());
  }
  descriptor_ = descriptor;
  segments_.push_back({.first = next_line_});
  RemoveOldest();
  return Status();
}

// One that cannot be compressed stays as it is.
void JobLog::Compress(Segment& segment) {
  const Result<std::int64_t> bytes = CompressLogSegment(directory_, segment.first);
  if (!bytes.ok())
    return LogWarning("log segment not compressed error=\"{}\"", bytes.status().ToString());
  bytes_ += bytes.value() - segment.bytes;
  segment.bytes = bytes.value();
  segment.is_compressed = true;
}

// A segment that cannot be removed is left behind: the next Open finds it again.
void JobLog::RemoveOldest() {
  while (bytes_ > bounds_.job_bytes && segments_.size() > 1) {
    RemoveLogSegment(directory_, segments_.front().first);
    bytes_ -= segments_.front().bytes;
    counters_.Add({.dropped_as_oldest = segments_[1].first - segments_.front().first});
    segments_.pop_front();
  }
}

Status JobLog::Write(const std::string& records) {
  const bool is_full = !segments_.empty() && segments_.back().bytes > 0 &&
                       segments_.back().bytes + std::ssize(records) > bounds_.segment_bytes;
  if (descriptor_ < 0 || is_full) DESCENT_RETURN_IF_ERROR(BeginSegment());
  Segment& segment = segments_.back();
  DESCENT_FAILPOINT("coordinator.log.before");
  if (!WriteAll(descriptor_, records)) {
    const std::filesystem::path path = LogSegmentPath(directory_, segment.first);
    const Status status = LogFileFailure("write", path);
    // Half a record must not stay before whole ones.
    return ftruncate(descriptor_, segment.bytes) == 0 ? status : LogFileFailure("shorten", path);
  }
  DESCENT_FAILPOINT("coordinator.log.after");
  segment.bytes += std::ssize(records);
  bytes_ += std::ssize(records);
  next_line_ += std::ranges::count(records, '\n');
  return Status();
}

Status JobLog::Append(const LogChunk& chunk) {
  const Numbering numbering{chunk.generation, chunk.lines.front().rank, chunk.is_output()};
  const auto known = last_sequences_.find(numbering);
  // Where the beginning of the log is gone, the rank's lines may have been there.
  const bool is_trimmed = !segments_.empty() && segments_.front().first > 1;
  std::int64_t last = known != last_sequences_.end() ? known->second
                      : is_trimmed                   ? chunk.first_sequence - 1
                                                     : 0;
  std::string records;
  LogCounters counted;  // of these records
  for (std::size_t i = 0; i < chunk.lines.size(); ++i) {
    const LogRecord record{.generation = chunk.generation,
                           .sequence = chunk.first_sequence + static_cast<std::int64_t>(i),
                           .line = chunk.lines[i]};
    if (record.sequence <= last) continue;
    if (const std::int64_t missing = record.sequence - last - 1; missing > 0) {
      records += EncodeLogRecord(MissingLines(record, missing));
      counted.dropped_by_rank += missing;
    }
    records += EncodeLogRecord(record);
    ++counted.stored[static_cast<std::size_t>(record.line.severity)];
    last = record.sequence;
    if (std::ssize(records) < bounds_.segment_bytes && i + 1 < chunk.lines.size()) continue;
    DESCENT_RETURN_IF_ERROR(Write(records));
    last_sequences_[numbering] = last;
    counters_.Add(std::exchange(counted, {}));
    records.clear();
  }
  return Status();
}

}  // namespace descent
