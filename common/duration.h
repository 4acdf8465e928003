#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace descent {

// Times that people write and read, in whole seconds. Pure functions; any thread.

// What a text must be for ParseDuration.
inline constexpr std::string_view kDurationWanted = "a time such as 90s, 10min, 2h, 1h30min or 3d";

// "90s", "10min" or "10m", "2h", "3d", or several of these in that order of size, "1h30min"; a
// number alone is of seconds. Absent: it is none of these, or more than
// limits::kDurationSecondsMax.
std::optional<std::int64_t> ParseDuration(std::string_view text);

// The same time in as few words as it takes: "2h", "1h30min", "0s". ParseDuration reads it.
std::string DurationText(std::int64_t seconds);

}  // namespace descent
