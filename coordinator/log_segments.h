#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// A job's log is a directory of segments, files of about limits::kLogSegmentBytes. Lines are
// numbered from 1 over the whole log, and a segment is named by the number of its first line: the
// names are the index by which a reader finds a line, and they stay right while the oldest segments
// are removed.

std::filesystem::path LogSegmentPath(const std::filesystem::path& directory, std::int64_t first);

// The numbers of the segments' first lines, ascending; empty: there is no log. Blocks on the disk.
Result<std::vector<std::int64_t>> ListLogSegments(const std::filesystem::path& directory);

// Calls `take` with each whole line of `bytes`, without its end; returns the bytes of these lines.
std::size_t ForEachLine(std::string_view bytes, const std::function<void(std::string_view)>& take);

}  // namespace descent
