#pragma once

#include <cstdint>
#include <string>

namespace descent {

// Numbers as people read them, always in the same form.

std::string FormatCount(double value);          // 980, 25.2k, 1.4M
std::string FormatGrouped(std::int64_t value);  // 2,350
std::string FormatBytes(std::int64_t bytes);    // 6.4 MB
std::string FormatDuration(double seconds);     // 9s, 3m, 1h30m, 4d
std::string FormatClock(double seconds);        // 0:09, 1:02:03
std::string FormatMetric(double value);         // 0.0812, 6.1e-04
std::string FormatRate(double value);           // 98.3, 1.2k

std::string OrDash(const std::string& text);  // "-" where there is none

}  // namespace descent
