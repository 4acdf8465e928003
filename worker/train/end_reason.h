#pragma once

#include <string>
#include <string_view>

#include "common/status.h"

namespace descent {

// The ranks' states differ, which no Status tells.
inline constexpr std::string_view kStateDiverged = "StateDiverged";

// What the coordinator and the user read of an assignment's failure, by its kind and the phase in
// which it happened: "NonFiniteLoss".
std::string ReasonOf(const Status& status, std::string_view phase);

// Decided from reduced bits: every rank finds it in the same step, and leaves by itself.
bool IsFoundByAllRanks(std::string_view reason);

// Whether another attempt may go well.
bool IsRetryable(const Status& status);

}  // namespace descent
