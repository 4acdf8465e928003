#include "launch/leave_time.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace descent {
namespace {

constexpr int kDefaultSeconds = 60;  // of descent-worker
// What a rank does beside saving, and its process for the output.
constexpr std::chrono::seconds kRankSlack{15};
constexpr std::chrono::seconds kWorldSlack{5};

}  // namespace

std::chrono::seconds RankLeaveTime(std::optional<int> leave_timeout_seconds) {
  return std::chrono::seconds(leave_timeout_seconds.value_or(kDefaultSeconds)) + kRankSlack;
}

std::chrono::seconds WorldLeaveTime(std::optional<int> leave_timeout_seconds) {
  return RankLeaveTime(leave_timeout_seconds) + kWorldSlack;
}

std::optional<int> LeaveTimeoutIn(const std::vector<std::string>& arguments) {
  const auto flag = std::ranges::find(arguments, kLeaveTimeoutFlag);
  if (flag == arguments.end() || std::next(flag) == arguments.end()) return std::nullopt;
  const std::string& text = *std::next(flag);
  const char* const end = text.data() + text.size();
  int seconds = 0;
  const auto parsed = std::from_chars(text.data(), end, seconds);
  if (parsed.ec != std::errc() || parsed.ptr != end || seconds < 0) return std::nullopt;
  return seconds;
}

}  // namespace descent
