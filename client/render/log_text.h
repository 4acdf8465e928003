#pragma once

#include <string>

#include "client/api/types.h"
#include "common/log_text.h"

namespace descent {

// The last limits::kFailureLogLinesShown lines of the rank that failed, indented below a heading,
// and how to see more; empty: nothing is known of it.
std::string FailureLogText(const FailureView& failure, const std::string& job_id);

}  // namespace descent
