#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/log_line.h"
#include "common/result.h"

namespace descent {

// Which lines somebody wants to see.
struct LogFilter {
  std::set<int> ranks;  // empty: all
  int attempt = 0;      // 0: all
  LogSeverity severity_min = LogSeverity::kDebug;
  std::string contains;           // to the letter; empty: all
  std::set<LogSource> sources{};  // empty: all

  bool Matches(const LogLine& line) const;
};

struct LogPage {
  std::vector<LogLine> lines;  // those that match
  bool is_end = false;         // there is nothing behind them now; more may be appended
  // The lines that were next are gone, or the log ends before them: this is the oldest that there
  // is. The reader stays where it is.
  std::optional<std::int64_t> oldest;
};

// Reads one job's log while it is written, page by page: however long the log is and however slow
// the reader, it holds one page in memory, and one segment where that is compressed. One thread;
// blocks on the disk.
class LogReader {
 public:
  // From the line with the number `first` on; 0: from the oldest that there is.
  LogReader(std::filesystem::path directory, LogFilter filter, std::int64_t first)
      : directory_(std::move(directory)), filter_(std::move(filter)), next_(first) {}

  Result<LogPage> Next();

  std::int64_t next() const { return next_; }  // number of the line after those that were read

 private:
  Result<std::optional<LogPage>> Locate();
  Result<std::optional<std::string>> ReadPage();
  Result<std::optional<std::string>> ReadPlainPage() const;
  Result<std::int64_t> FindFollowing() const;
  Result<LogPage> End() const;
  void Open(std::int64_t segment);
  std::vector<LogLine> Take(std::string_view bytes);

  const std::filesystem::path directory_;
  const LogFilter filter_;
  std::int64_t next_;
  std::int64_t segment_ = 0;    // the first line of the segment at hand; 0: none
  std::int64_t following_ = 0;  // that of the one behind it, once there is one: it is then complete
  std::int64_t offset_ = 0;     // in the text of the segment at hand
  std::int64_t line_ = 0;       // number of the line at the offset
  std::optional<std::string> text_;  // of the segment at hand, once it was found compressed
};

// What ends a search before all that was looked for is found. Asked between two segments.
struct SearchBounds {
  std::function<bool()> is_cancelled = {};  // the answer is no longer wanted; empty: it always is
  std::int64_t bytes_max = std::numeric_limits<std::int64_t>::max();  // of text
};

// Number of the first of the last `count` lines that match, or of those that were found within the
// bounds; that of the line to come if `count` is 0 or there is none. 0: there is no log yet. Holds
// one segment in memory. kCancelled: so it was.
Result<std::int64_t> FindLogTail(const std::filesystem::path& directory, const LogFilter& filter,
                                 std::int64_t count, const SearchBounds& bounds);

// Number of the oldest line that is kept; 1 where there is none.
Result<std::int64_t> OldestLogLine(const std::filesystem::path& directory);

}  // namespace descent
