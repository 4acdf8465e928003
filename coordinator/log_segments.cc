#include "coordinator/log_segments.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "common/file.h"

namespace descent {
namespace {

constexpr std::string_view kSuffix = ".log";

std::optional<std::int64_t> FirstLineOf(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  std::int64_t first = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), first);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) return std::nullopt;
  return first;
}

}  // namespace

std::filesystem::path LogSegmentPath(const std::filesystem::path& directory, std::int64_t first) {
  return directory / fmt::format("{:016}{}", first, kSuffix);
}

Result<std::vector<std::int64_t>> ListLogSegments(const std::filesystem::path& directory) {
  std::vector<std::int64_t> segments;
  const Result<std::vector<std::string>> names = ListDirectory(directory);
  if (names.status().code() == Code::kNotFound) return segments;
  DESCENT_RETURN_IF_ERROR(names.status());
  for (const std::string& name : names.value())
    if (const std::optional<std::int64_t> first = FirstLineOf(name)) segments.push_back(*first);
  std::ranges::sort(segments);
  return segments;
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
