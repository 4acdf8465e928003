#include "client/doctor/system_text.h"

#include <charconv>
#include <iterator>
#include <sstream>

namespace descent {
namespace {

std::vector<std::string> Words(const std::string& line) {
  std::istringstream words(line);
  return {std::istream_iterator<std::string>(words), {}};
}

// The words of the first line that begins so, without this beginning.
std::vector<std::string> WordsAfter(std::string_view text, std::string_view beginning) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(beginning)) return Words(line.substr(beginning.size()));
  return {};
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text, int base = 10) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

std::set<std::string> ProcessorFlags(std::string_view cpuinfo) {
  const std::vector<std::string> words = WordsAfter(cpuinfo, "flags");
  return {words.begin(), words.end()};
}

std::optional<std::int64_t> MemoryBytes(std::string_view meminfo, std::string_view field) {
  const std::vector<std::string> words = WordsAfter(meminfo, std::string(field) + ":");
  const auto kilobytes = words.empty() ? std::nullopt : ParseNumber<std::int64_t>(words.front());
  if (!kilobytes) return std::nullopt;
  return *kilobytes * 1024;
}

std::string Chosen(std::string_view choices) {
  const std::size_t begin = choices.find('[');
  const std::size_t end = choices.find(']');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return "";
  return std::string(choices.substr(begin + 1, end - begin - 1));
}

std::optional<double> CoresAllowed(std::string_view cpu_max) {
  const std::vector<std::string> words = Words(std::string(cpu_max));
  if (words.size() != 2) return std::nullopt;
  const auto quota = ParseNumber<std::int64_t>(words[0]);
  const auto period = ParseNumber<std::int64_t>(words[1]);
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<std::int64_t> BytesAllowed(std::string_view memory_max) {
  const std::vector<std::string> words = Words(std::string(memory_max));
  return words.size() == 1 ? ParseNumber<std::int64_t>(words[0]) : std::nullopt;
}

std::vector<std::string> ControlGroups(std::string_view self_cgroup) {
  const std::vector<std::string> words = WordsAfter(self_cgroup, "0::");
  if (words.size() != 1 || !words[0].starts_with('/')) return {};
  std::vector<std::string> groups = {words[0]};
  while (groups.back() != "/") {
    const std::size_t slash = groups.back().rfind('/');
    groups.push_back(slash == 0 ? "/" : groups.back().substr(0, slash));
  }
  return groups;
}

// A line is "0: 0100007F:2382 00000000:0000 0A … uid timeout INODE …"; 0A is LISTEN.
std::optional<std::uint64_t> ListeningInode(std::string_view table, int port) {
  std::istringstream lines{std::string(table)};
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = Words(line);
    if (words.size() < 10 || words[3] != "0A") continue;
    const std::size_t colon = words[1].rfind(':');
    if (colon == std::string::npos) continue;
    if (ParseNumber<int>(words[1].substr(colon + 1), 16) == port)
      return ParseNumber<std::uint64_t>(words[9]);
  }
  return std::nullopt;
}

}  // namespace descent
