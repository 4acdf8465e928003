#pragma once

#include <string>

#include "client/api/types.h"
#include "common/log_text.h"

namespace descent {

// What the rank that failed logged last, indented below a heading; empty: nothing is known of it.
std::string FailureLogText(const FailureView& failure);

}  // namespace descent
