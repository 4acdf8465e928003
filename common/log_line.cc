#include "common/log_line.h"

#include <array>

namespace descent {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 3> kSourceNames = {"log", "stdout", "stderr"};

}  // namespace

std::string_view SeverityName(LogSeverity severity) {
  return kNames.at(static_cast<std::size_t>(severity));
}

std::optional<LogSeverity> SeverityFromName(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<LogSeverity>(i);
  return std::nullopt;
}

std::string_view LogSourceName(LogSource source) {
  return kSourceNames.at(static_cast<std::size_t>(source));
}

std::optional<LogSource> LogSourceFromName(std::string_view name) {
  for (std::size_t i = 0; i < kSourceNames.size(); ++i)
    if (kSourceNames[i] == name) return static_cast<LogSource>(i);
  return std::nullopt;
}

}  // namespace descent
