#include "coordinator/log_record.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <charconv>
#include <iterator>

namespace descent {
namespace {

constexpr std::size_t kFieldCount = 8;

void AppendEscaped(std::string& bytes, std::string_view text) {
  for (const char c : text) {
    if (c == '\\') {
      bytes += "\\\\";
    } else if (c == '\n') {
      bytes += "\\n";
    } else if (c == '\r') {
      bytes += "\\r";
    } else {
      bytes += c;
    }
  }
}

std::string Unescaped(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != '\\' || i + 1 == bytes.size()) {
      text += bytes[i];
      continue;
    }
    const char escaped = bytes[++i];
    text += escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : escaped;
  }
  return text;
}

// All fields, of which the last may hold tabs of its own.
std::optional<std::array<std::string_view, kFieldCount>> Split(std::string_view text) {
  std::array<std::string_view, kFieldCount> fields;
  for (std::size_t i = 0; i + 1 < kFieldCount; ++i) {
    const std::size_t tab = text.find('\t');
    if (tab == std::string_view::npos) return std::nullopt;
    fields[i] = text.substr(0, tab);
    text.remove_prefix(tab + 1);
  }
  fields.back() = text;
  return fields;
}

template <typename Integer>
bool Parse(std::string_view digits, Integer& value) {
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace

std::string EncodeLogRecord(const LogRecord& record) {
  const LogLine& line = record.line;
  std::string severity(SeverityName(line.severity));
  if (line.source != LogSource::kLog) severity.append("/").append(LogSourceName(line.source));
  std::string bytes = fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t", line.time_us, record.generation,
                                  record.sequence, line.attempt, line.rank, severity,
                                  line.step ? fmt::to_string(*line.step) : std::string("-"));
  AppendEscaped(bytes, line.text);
  return bytes += '\n';
}

std::optional<LogRecord> DecodeLogRecord(std::string_view text) {
  const auto fields = Split(text);
  if (!fields) return std::nullopt;
  const auto& [time, generation, sequence, attempt, rank, severity, step, escaped] = *fields;
  LogRecord record;
  LogLine& line = record.line;
  const std::size_t slash = severity.find('/');
  const std::optional<LogSeverity> known = SeverityFromName(severity.substr(0, slash));
  const std::optional<LogSource> source = slash == std::string_view::npos
                                              ? LogSource::kLog
                                              : LogSourceFromName(severity.substr(slash + 1));
  if (!known || !source || !Parse(time, line.time_us) || !Parse(generation, record.generation) ||
      !Parse(sequence, record.sequence) || !Parse(attempt, line.attempt) || !Parse(rank, line.rank))
    return std::nullopt;
  if (step != "-" && !Parse(step, line.step.emplace())) return std::nullopt;
  line.severity = *known;
  line.source = *source;
  line.text = Unescaped(escaped);
  return record;
}

}  // namespace descent
