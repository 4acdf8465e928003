#include "launch/restart_policy.h"

#include <algorithm>

namespace descent {
namespace {

constexpr std::chrono::seconds kLongLife{10};
constexpr std::chrono::seconds kPauseMax{60};
constexpr int kFailuresToStartMax = 4;

// 0, 1, 2, 4, …
std::chrono::seconds PauseAfterWorlds(int short_lives) {
  if (short_lives <= 1) return std::chrono::seconds(0);
  return std::min(std::chrono::seconds(1 << std::min(short_lives - 2, 6)), kPauseMax);
}

}  // namespace

RestartPolicy::RestartPolicy(std::optional<int> restarts_max) : restarts_max_(restarts_max) {}

RestartPolicy::Decision RestartPolicy::After(const WorldOutcome& outcome) {
  short_lives_ = outcome.lived >= kLongLife ? 1 : short_lives_ + 1;
  failures_to_start_ = outcome.did_start ? 0 : failures_to_start_ + 1;
  if (failures_to_start_ == kFailuresToStartMax)
    return {.pause = std::nullopt,
            .why_not = "the workers did not start " + std::to_string(failures_to_start_) +
                       " times in a row"};
  if (restarts_max_ && restarts_ >= *restarts_max_)
    return {.pause = std::nullopt,
            .why_not = "--restarts-max " + std::to_string(*restarts_max_) + " is reached"};
  ++restarts_;
  return {.pause = PauseAfterWorlds(short_lives_), .why_not = ""};
}

}  // namespace descent
