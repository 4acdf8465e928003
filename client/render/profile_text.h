#pragma once

#include <string>

#include "common/result.h"

namespace descent {

// A summary of a trace that `descent run --profile` has written (docs/profile.md), for people: what
// a step of the training threads is made of, phase by phase, how much of the reductions runs beside
// the backward pass, and the dearest ops. kInvalidArgument: that is no such trace.
Result<std::string> ProfileText(const std::string& trace);

}  // namespace descent
