#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace descent {

// Seconds since the epoch of "2026-01-31", which is its midnight in UTC, or of a time as RFC 3339
// has it: "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5+01:00". Null: it is neither. A leap second
// is the first one of the next minute.
std::optional<double> ParseUtcTime(std::string_view text);

// As RFC 3339 has it, in milliseconds: "2026-01-31T12:00:00.000Z". `seconds` since the epoch, at
// least 0.
std::string FormatUtcTime(double seconds);

}  // namespace descent
