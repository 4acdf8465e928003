#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace descent {

inline constexpr const char* kLeaveTimeoutFlag = "--leave-timeout";  // of descent-worker

// How long those around a rank wait for it once it is told to leave: for as long as it may take to
// save the state of its job (its --leave-timeout; absent: its default), and a little more, each
// longer than what is within it. So a rank ends by itself, and nobody cuts a save short.
std::chrono::seconds RankLeaveTime(std::optional<int> leave_timeout_seconds);   // its wrapper
std::chrono::seconds WorldLeaveTime(std::optional<int> leave_timeout_seconds);  // its launcher

// What a worker's arguments say of that.
std::optional<int> LeaveTimeoutIn(const std::vector<std::string>& arguments);

}  // namespace descent
