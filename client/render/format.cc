#include "client/render/format.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace descent {
namespace {

// `value` in the largest unit that keeps it at least 1, with one digit behind the point.
template <std::size_t N>
std::string InUnits(double value, const std::array<std::string_view, N>& units) {
  std::size_t unit = 0;
  // 999.95 would be rounded to 1000.0 of the same unit.
  while (unit + 1 < N && value >= 999.95) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f}{}", value, units[unit]);
}

constexpr std::array<std::string_view, 5> kThousands = {"", "k", "M", "G", "T"};

}  // namespace

std::string FormatCount(double value) {
  if (value < 999.5) return fmt::format("{:.0f}", value);
  return InUnits(value, kThousands);
}

std::string FormatRate(double value) { return InUnits(value, kThousands); }

std::string FormatGrouped(std::int64_t value) {
  std::string digits = fmt::to_string(value);
  const int first = digits.front() == '-' ? 1 : 0;
  for (int at = static_cast<int>(digits.size()) - 3; at > first; at -= 3) digits.insert(at, 1, ',');
  return digits;
}

std::string FormatBytes(std::int64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {" B", " kB", " MB", " GB", " TB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  return InUnits(static_cast<double>(bytes), kUnits);
}

std::string FormatDuration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::max(0.0, seconds));
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m", whole / 60);
  if (whole < 86400) return fmt::format("{}h{:02}m", whole / 3600, whole % 3600 / 60);
  return fmt::format("{}d", whole / 86400);
}

std::string FormatClock(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(std::max(0.0, seconds)));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole % 3600 / 60, whole % 60);
}

std::string FormatMetric(double value) {
  const double size = std::abs(value);
  if (value != 0 && (size < 1e-3 || size >= 1e5)) return fmt::format("{:.1e}", value);
  return fmt::format("{:.4f}", value);
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

}  // namespace descent
