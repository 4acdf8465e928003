#include "common/duration.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "common/limits.h"

namespace descent {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t seconds;
};

constexpr std::array<Unit, 5> kUnits = {
    {{"d", 86400}, {"h", 3600}, {"min", 60}, {"m", 60}, {"s", 1}}};

// Takes the digits off the front of the text. Absent: there are none, or too many.
std::optional<std::int64_t> TakeNumber(std::string_view& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return number;
}

}  // namespace

std::optional<std::int64_t> ParseDuration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::int64_t unit_before = limits::kDurationSecondsMax;  // more than any unit
  const bool is_bare = text.find_first_not_of("0123456789") == std::string_view::npos;
  while (!text.empty()) {
    if (text.front() < '0' || text.front() > '9') return std::nullopt;
    const std::optional<std::int64_t> number = TakeNumber(text);
    const std::string_view word = is_bare ? "s" : text.substr(0, text.find_first_of("0123456789"));
    const auto unit = std::ranges::find(kUnits, word, &Unit::name);
    if (!number || unit == kUnits.end() || unit->seconds >= unit_before) return std::nullopt;
    if (*number > (limits::kDurationSecondsMax - total) / unit->seconds) return std::nullopt;
    total += *number * unit->seconds;
    unit_before = unit->seconds;
    if (!is_bare) text.remove_prefix(word.size());
  }
  return total;
}

std::string DurationText(std::int64_t seconds) {
  std::string text;
  for (const Unit& unit : kUnits) {
    if (seconds < unit.seconds) continue;
    text += fmt::format("{}{}", seconds / unit.seconds, unit.name);
    seconds %= unit.seconds;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace descent
