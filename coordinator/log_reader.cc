#include "coordinator/log_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "coordinator/log_record.h"
#include "coordinator/log_segments.h"

namespace descent {
namespace {

// Of a segment: holds the longest record, of which every character may be escaped.
constexpr std::size_t kPageBytes = std::size_t{256} << 10;
static_assert(kPageBytes > 4 * limits::kLogTextBytesMax);

}  // namespace

bool LogFilter::Matches(const LogLine& line) const {
  if (!ranks.empty() && !ranks.contains(line.rank)) return false;
  if (attempt != 0 && line.attempt != attempt) return false;
  if (line.severity < severity_min) return false;
  if (!sources.empty() && !sources.contains(line.source)) return false;
  return contains.empty() || line.text.find(contains) != std::string::npos;
}

// Nothing: the segment is gone.
Result<std::optional<std::string>> LogReader::ReadPage() {
  std::error_code ignored;
  if (!text_ && (offset_ > 0 || !std::filesystem::exists(
                                    CompressedLogSegmentPath(directory_, segment_), ignored))) {
    DESCENT_ASSIGN(std::optional<std::string> plain, ReadPlainPage());
    if (plain) return plain;
  }
  if (!text_) {
    Result<LogSegment> segment = ReadLogSegment(directory_, segment_);
    if (segment.status().code() == Code::kNotFound) return std::optional<std::string>();
    DESCENT_RETURN_IF_ERROR(segment.status());
    if (!segment.value().is_compressed) return ReadPlainPage();
    text_ = std::move(segment.value().text);
  }
  const std::size_t begin = std::min(static_cast<std::size_t>(offset_), text_->size());
  return std::optional(text_->substr(begin, kPageBytes));
}

// Nothing: it is not there in that form.
Result<std::optional<std::string>> LogReader::ReadPlainPage() const {
  const std::filesystem::path path = LogSegmentPath(directory_, segment_);
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0 && errno == ENOENT) return std::optional<std::string>();
  std::string bytes(kPageBytes, '\0');
  const ssize_t count =
      descriptor < 0 ? -1 : pread(descriptor, bytes.data(), bytes.size(), offset_);
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  if (count < 0)
    return Status(Code::kUnavailable, "cannot read " + path.string() + ": " + std::strerror(error));
  bytes.resize(static_cast<std::size_t>(count));
  return std::optional(std::move(bytes));
}

void LogReader::Open(std::int64_t segment) {
  segment_ = line_ = segment;
  following_ = offset_ = 0;
  text_.reset();
}

// Opens the segment with the next line, or answers why it cannot.
Result<std::optional<LogPage>> LogReader::Locate() {
  DESCENT_ASSIGN(const std::vector<std::int64_t> segments, ListLogSegments(directory_));
  if (segments.empty())
    return std::optional(next_ > 1 ? LogPage{.lines = {}, .oldest = 1}
                                   : LogPage{.lines = {}, .is_end = true});
  if (next_ == 0) next_ = segments.front();
  const auto behind = std::ranges::upper_bound(segments, next_);
  if (behind == segments.begin())
    return std::optional(LogPage{.lines = {}, .oldest = segments.front()});
  Open(*std::prev(behind));
  return std::optional<LogPage>();
}

// The first line of the segment behind the one at hand; 0: there is none.
Result<std::int64_t> LogReader::FindFollowing() const {
  DESCENT_ASSIGN(const std::vector<std::int64_t> segments, ListLogSegments(directory_));
  const auto behind = std::ranges::upper_bound(segments, segment_);
  return behind == segments.end() ? 0 : *behind;
}

// Behind the last line; one that was looked for behind it was never there.
Result<LogPage> LogReader::End() const {
  if (next_ <= line_) return LogPage{.lines = {}, .is_end = true};
  DESCENT_ASSIGN(const std::int64_t oldest, OldestLogLine(directory_));
  return LogPage{.lines = {}, .oldest = oldest};
}

std::vector<LogLine> LogReader::Take(std::string_view bytes) {
  std::vector<LogLine> lines;
  offset_ += static_cast<std::int64_t>(ForEachLine(bytes, [&](std::string_view text) {
    if (line_++ < next_) return;
    next_ = line_;
    std::optional<LogRecord> record = DecodeLogRecord(text);
    if (record && filter_.Matches(record->line)) lines.push_back(std::move(record->line));
  }));
  return lines;
}

Result<LogPage> LogReader::Next() {
  while (true) {
    if (segment_ == 0) {
      DESCENT_ASSIGN(std::optional<LogPage> nothing, Locate());
      if (nothing) return *std::move(nothing);
    }
    DESCENT_ASSIGN(const std::optional<std::string> bytes, ReadPage());
    if (!bytes) {
      segment_ = 0;
    } else if (bytes->find('\n') != std::string::npos) {
      return LogPage{.lines = Take(*bytes)};
    } else if (following_ != 0) {
      Open(following_);
    } else {
      // Lines may have come to this segment before the one behind it was begun: it is read again.
      DESCENT_ASSIGN(following_, FindFollowing());
      if (following_ == 0) return End();
    }
  }
}

Result<std::int64_t> FindLogTail(const std::filesystem::path& directory, const LogFilter& filter,
                                 std::int64_t count, const SearchBounds& bounds) {
  DESCENT_ASSIGN(const std::vector<std::int64_t> segments, ListLogSegments(directory));
  std::int64_t first = 0;
  std::int64_t bytes = 0;  // of text that was searched
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    if (bytes >= bounds.bytes_max) return first;
    if (bounds.is_cancelled && bounds.is_cancelled())
      return Status(Code::kCancelled, "nobody waits for the end of the log any more");
    const Result<LogSegment> found = ReadLogSegment(directory, *segment);
    if (found.status().code() == Code::kNotFound) return first;  // the oldest have just gone
    DESCENT_RETURN_IF_ERROR(found.status());
    bytes += std::ssize(found.value().text);
    std::vector<std::int64_t> matching;
    std::int64_t line = *segment;
    ForEachLine(found.value().text, [&](std::string_view text) {
      const std::optional<LogRecord> record = DecodeLogRecord(text);
      if (record && filter.Matches(record->line)) matching.push_back(line);
      ++line;
    });
    if (first == 0) first = line;
    if (count <= std::ssize(matching))
      return count == 0 ? first : matching[matching.size() - static_cast<std::size_t>(count)];
    count -= std::ssize(matching);
    if (!matching.empty()) first = matching.front();
  }
  return first;
}

Result<std::int64_t> OldestLogLine(const std::filesystem::path& directory) {
  DESCENT_ASSIGN(const std::vector<std::int64_t> segments, ListLogSegments(directory));
  return segments.empty() ? 1 : segments.front();
}

}  // namespace descent
