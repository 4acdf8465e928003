#pragma once

#include <string>
#include <vector>

#include "client/api/types.h"
#include "common/log_line.h"

namespace descent {

// "2026-11-23T20:16:31.204Z r2 INFO  step 9120 TEXT\n" of each; the lines of a text that has
// several are indented below its first.
std::string LogText(const std::vector<LogLine>& lines);

// The last limits::kFailureLogLinesShown lines of the rank that failed, indented below a heading,
// and how to see more; empty: nothing is known of it.
std::string FailureLogText(const FailureView& failure, const std::string& job_id);

}  // namespace descent
