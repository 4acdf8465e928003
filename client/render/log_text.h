#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/api/types.h"
#include "common/log_line.h"

namespace descent {

// "2026-11-23T20:16:31.204Z r2 INFO  step 9120 TEXT\n" of each; the lines of a text that has
// several are indented below its first. `prefix` begins every line of the output.
std::string LogText(const std::vector<LogLine>& lines, std::string_view prefix = "");

// What the rank that failed logged last, indented below a heading; empty: nothing is known of it.
std::string FailureLogText(const FailureView& failure);

}  // namespace descent
