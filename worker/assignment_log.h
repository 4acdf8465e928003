#pragma once

#include <cstdint>
#include <string_view>

#include "common/worker_protocol.h"

namespace descent {

// What a rank logs about its assignment, whatever it is that it trains. Any thread.
void LogAssignment(const Assign& assign);
void LogPhase(std::string_view phase, std::int64_t step);  // of those that are not part of a step
void LogReport(const WorkerMessage& report);               // nothing of a step that went well
void LogFirstStep(std::int64_t step, double seconds);      // since the assignment began
void LogEnd(const AssignmentEnded& ended);

}  // namespace descent
