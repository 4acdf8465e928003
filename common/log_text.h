#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/log_line.h"

namespace descent {

// "2026-11-23T20:16:31.204Z r2 INFO  step 9120 TEXT"; the lines of a text that has several are
// indented below its first. What a terminal would obey is shown in its place.
std::string LogLineText(const LogLine& line);

// Each of them, with a line end. `prefix` begins every line of the output.
std::string LogText(const std::vector<LogLine>& lines, std::string_view prefix = "");

// `indent` before each line but the first.
std::string Indented(std::string_view text, std::string_view indent);

}  // namespace descent
