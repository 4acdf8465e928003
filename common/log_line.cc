#include "common/log_line.h"

#include <array>

namespace descent {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};

}  // namespace

std::string_view SeverityName(LogSeverity severity) {
  return kNames.at(static_cast<std::size_t>(severity));
}

std::optional<LogSeverity> SeverityFromName(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<LogSeverity>(i);
  return std::nullopt;
}

}  // namespace descent
