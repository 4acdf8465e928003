#include "common/spec_checker.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <utility>

namespace descent {

void SpecChecker::Require(bool is_met, std::string field, std::string_view found,
                          std::string_view wanted) {
  if (is_met) return;
  violations_.push_back({std::move(field), fmt::format("{}, must be {}", found, wanted)});
}

void SpecChecker::RequireInRange(std::string field, std::int64_t value, std::int64_t min,
                                 std::int64_t max) {
  if (value < min) {
    Require(false, std::move(field), fmt::to_string(value), fmt::format("at least {}", min));
  } else {
    Require(value <= max, std::move(field), fmt::to_string(value), fmt::format("at most {}", max));
  }
}

void SpecChecker::RequireNumber(bool is_met, std::string field, double value,
                                std::string_view wanted) {
  Require(is_met && std::isfinite(value), std::move(field), fmt::format("{}", value), wanted);
}

std::vector<Violation> SpecChecker::TakeViolations() { return std::move(violations_); }

std::string Quoted(const std::string& text) { return fmt::format("\"{}\"", Printable(text)); }

std::string Printable(const std::string& name) {
  constexpr std::size_t kShownMax = 60;
  std::string shown = name.substr(0, kShownMax);
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  if (name.size() > kShownMax) shown += "…";
  return shown;
}

}  // namespace descent
