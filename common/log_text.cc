#include "common/log_text.h"

#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

#include <string_view>

namespace descent {
namespace {

constexpr std::int64_t kSecond = 1'000'000;  // in microseconds

std::string_view ShortName(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kDebug:
      return "DEBUG";
    case LogSeverity::kInfo:
      return "INFO";
    case LogSeverity::kWarning:
      return "WARN";
    case LogSeverity::kError:
      return "ERROR";
  }
  return "?";
}

// Of the character that begins there: the bytes of one that a terminal would obey, or none. In
// UTF-8 those from U+0080 to U+009F are two bytes.
std::size_t ControlBytesAt(std::string_view text, std::size_t position) {
  const auto byte = static_cast<unsigned char>(text[position]);
  if (byte == '\n' || byte == '\t') return 0;
  if (byte < 0x20 || byte == 0x7f) return 1;
  if (byte != 0xc2 || position + 1 == text.size()) return 0;
  const auto next = static_cast<unsigned char>(text[position + 1]);
  return next >= 0x80 && next <= 0x9f ? 2 : 0;
}

// What a terminal would obey is shown in its place: a line of a log may hold anything.
std::string Escaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = i + ControlBytesAt(text, i);
    if (end == i) result += text[i++];
    for (; i < end; ++i) result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
  }
  return result;
}

}  // namespace

std::string Indented(std::string_view text, std::string_view indent) {
  std::string result;
  for (const char c : text) {
    result += c;
    if (c == '\n') result += indent;
  }
  return result;
}

std::string LogLineText(const LogLine& line) {
  const std::int64_t milliseconds = line.time_us % kSecond / 1000;
  std::string text = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z r{} {:<5} ",
                                 fmt::gmtime(static_cast<std::time_t>(line.time_us / kSecond)),
                                 milliseconds, line.rank, ShortName(line.severity));
  if (line.step) text += fmt::format("step {} ", *line.step);
  if (line.source != LogSource::kLog) text += fmt::format("{}: ", LogSourceName(line.source));
  return text + Indented(Escaped(line.text), "    ");
}

std::string LogText(const std::vector<LogLine>& lines, std::string_view prefix) {
  std::string text;
  for (const LogLine& line : lines)
    text.append(prefix).append(Indented(LogLineText(line), prefix)).append("\n");
  return text;
}

}  // namespace descent
