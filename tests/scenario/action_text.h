#pragma once

#include <functional>
#include <string>
#include <vector>

#include "coordinator/action.h"
#include "coordinator/job_conditions.h"

namespace descent {

using SessionName = std::function<std::string(SessionId)>;

// One line per action, as scripts show them. The same message to several workers in a row is one
// line: "w1 w2 <- stop a abort".
std::vector<std::string> ActionLines(const std::vector<Action>& actions,
                                     const SessionName& name_of);

// "steps 10 20", or "none".
std::string CheckpointSteps(const Job& job);

// One line for each attempt, with how it ended.
std::vector<std::string> AttemptLines(const Job& job);

// "GangReady true since 1000 (GangReady) …", a line for each.
std::vector<std::string> ConditionLines(const std::vector<Condition>& conditions);

}  // namespace descent
