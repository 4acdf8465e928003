#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// A job's log is a directory of segments, files of about limits::kLogSegmentBytes of text. Lines
// are numbered from 1 over the whole log, and a segment is named by the number of its first line:
// the names are the index by which a reader finds a line, and they stay right while the oldest
// segments are removed.
//   NUMBER.log      being written, or not compressed because the disk or the process failed
//   NUMBER.log.gz   the same, complete and compressed
// Where both are there the second counts if it is whole: a process was killed before it removed the
// first, or a power failure brought back what may be left of that.
// Everything here blocks on the disk.

std::filesystem::path LogSegmentPath(const std::filesystem::path& directory, std::int64_t first);
std::filesystem::path CompressedLogSegmentPath(const std::filesystem::path& directory,
                                               std::int64_t first);

// Of files that are not complete: RemoveHalfCompressed removes what is left of them.
inline constexpr std::string_view kPartialSuffix = ".partial";

// The numbers of the segments' first lines, ascending; empty: there is no log.
Result<std::vector<std::int64_t>> ListLogSegments(const std::filesystem::path& directory);

struct LogSegment {
  std::string text;  // of one that is damaged, what is before the damage
  bool is_compressed = false;
  std::int64_t disk_bytes = 0;
};

// kNotFound: it is gone.
Result<LogSegment> ReadLogSegment(const std::filesystem::path& directory, std::int64_t first);

// Puts its compressed form in the place of a segment to which nothing will be appended, for one
// writer at a time. Readers see one or the other, and a power failure leaves one of them. Answers
// the bytes that it now takes. After an error it is there as it was.
Result<std::int64_t> CompressLogSegment(const std::filesystem::path& directory, std::int64_t first);

void RemoveLogSegment(const std::filesystem::path& directory, std::int64_t first);

// Removes what a process has left that was killed while it compressed.
Status RemoveHalfCompressed(const std::filesystem::path& directory);

// Calls `take` with each whole line of `bytes`, without its end; returns the bytes of these lines.
std::size_t ForEachLine(std::string_view bytes, const std::function<void(std::string_view)>& take);

}  // namespace descent
