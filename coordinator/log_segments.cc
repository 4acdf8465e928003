#include "coordinator/log_segments.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "common/file.h"
#include "common/log.h"
#include "coordinator/gzip.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".log";
constexpr std::string_view kCompressedSuffix = ".log.gz";

std::optional<std::int64_t> FirstLineOf(std::string_view name) {
  for (const std::string_view suffix : {kSuffix, kCompressedSuffix}) {
    if (!name.ends_with(suffix)) continue;
    const char* const end = name.data() + name.size() - suffix.size();
    std::int64_t first = 0;
    const auto parsed = std::from_chars(name.data(), end, first);
    if (parsed.ec == std::errc() && parsed.ptr == end) return first;
  }
  return std::nullopt;
}

fs::path SegmentPath(const fs::path& directory, std::int64_t first, std::string_view suffix) {
  return directory / fmt::format("{:016}{}", first, suffix);
}

Status Remove(const fs::path& path) {
  std::error_code error;
  fs::remove(path, error);
  return error ? Status(Code::kUnavailable, path.string() + ": " + error.message()) : Status();
}

Status Rename(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  return error ? Status(Code::kUnavailable, from.string() + ": " + error.message()) : Status();
}

}  // namespace

fs::path LogSegmentPath(const fs::path& directory, std::int64_t first) {
  return SegmentPath(directory, first, kSuffix);
}

fs::path CompressedLogSegmentPath(const fs::path& directory, std::int64_t first) {
  return SegmentPath(directory, first, kCompressedSuffix);
}

Result<std::vector<std::int64_t>> ListLogSegments(const fs::path& directory) {
  std::vector<std::int64_t> segments;
  const Result<std::vector<std::string>> names = ListDirectory(directory);
  if (names.status().code() == Code::kNotFound) return segments;
  DESCENT_RETURN_IF_ERROR(names.status());
  for (const std::string& name : names.value())
    if (const std::optional<std::int64_t> first = FirstLineOf(name)) segments.push_back(*first);
  std::ranges::sort(segments);
  segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
  return segments;
}

// In the order in which a segment changes its form: one that changes meanwhile is found.
Result<LogSegment> ReadLogSegment(const fs::path& directory, std::int64_t first) {
  Result<std::string> plain = ReadFile(LogSegmentPath(directory, first));
  if (!plain.ok() && plain.status().code() != Code::kNotFound) return plain.status();
  const fs::path path = CompressedLogSegmentPath(directory, first);
  const Result<std::string> packed = ReadFile(path);
  if (!packed.ok() && !plain.ok()) return packed.status();
  Gunzipped text = packed.ok() ? Gunzip(packed.value()) : Gunzipped();
  if (packed.ok() && !text.is_whole)
    LogWarning("log segment damaged file={} readable_bytes={}", path.string(), text.bytes.size());
  if (plain.ok() && !text.is_whole) {
    const std::int64_t bytes = std::ssize(plain.value());
    return LogSegment{.text = std::move(plain).value(), .disk_bytes = bytes};
  }
  return LogSegment{.text = std::move(text.bytes),
                    .is_compressed = true,
                    .disk_bytes = std::ssize(packed.value())};
}

Result<std::int64_t> CompressLogSegment(const fs::path& directory, std::int64_t first) {
  const fs::path plain = LogSegmentPath(directory, first);
  const fs::path compressed = CompressedLogSegmentPath(directory, first);
  const fs::path partial = compressed.string() + std::string(kPartialSuffix);
  DESCENT_ASSIGN(const std::string text, ReadFile(plain));
  const std::string packed = Gzip(text, GzipLevel::kSmall);
  DESCENT_RETURN_IF_ERROR(Remove(partial));
  DESCENT_RETURN_IF_ERROR(WriteNewFile(partial, packed));
  DESCENT_RETURN_IF_ERROR(Rename(partial, compressed));
  DESCENT_RETURN_IF_ERROR(SyncDirectory(directory));
  DESCENT_RETURN_IF_ERROR(Remove(plain));
  return std::ssize(packed);
}

void RemoveLogSegment(const fs::path& directory, std::int64_t first) {
  std::error_code ignored;
  fs::remove(LogSegmentPath(directory, first), ignored);
  fs::remove(CompressedLogSegmentPath(directory, first), ignored);
}

Status RemoveHalfCompressed(const fs::path& directory) {
  DESCENT_ASSIGN(const std::vector<std::string> names, ListDirectory(directory));  // sorted
  for (const std::string& name : names) {
    const std::string plain = name.substr(0, name.rfind('.'));
    if (name.ends_with(kPartialSuffix)) {
      DESCENT_RETURN_IF_ERROR(Remove(directory / name));
    } else if (name.ends_with(kCompressedSuffix) && std::ranges::binary_search(names, plain)) {
      DESCENT_ASSIGN(const std::string packed, ReadFile(directory / name));
      DESCENT_RETURN_IF_ERROR(Remove(directory / (Gunzip(packed).is_whole ? plain : name)));
    }
  }
  return Status();
}

std::size_t ForEachLine(std::string_view bytes, const std::function<void(std::string_view)>& take) {
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = bytes.find('\n', begin);
    if (end == std::string_view::npos) return begin;
    take(bytes.substr(begin, end - begin));
    begin = end + 1;
  }
}

}  // namespace descent
