#include "tests/simulation/state_fingerprint.h"

#include <gtest/gtest.h>

#include <optional>

namespace descent {
namespace {

constexpr SessionId kSession = 1;

// Of a coordinator to which one idle rank has come.
std::string TextWith(const std::optional<HeldAssignment>& held) {
  State state(StateOptions{.checkpoint_root = "/checkpoints"});
  const EventTime now{MonotonicTime() + std::chrono::hours(1), 1};
  Register identity{.pool = "p", .world_rank = 0, .world_size = 1, .host = "h"};
  identity.held = held;
  state.Apply(WorkerSaid{.session = kSession, .message = identity}, now);
  return StateFingerprint::Of(state, now.monotonic, [](SessionId) { return std::string("rank"); });
}

// One gets the next job, and the other does not yet.
TEST(StateFingerprintTest, ARankThatHasToEndWhatIsOverFirstIsToldFromOneThatIsFree) {
  EXPECT_NE(TextWith(std::nullopt), TextWith(HeldAssignment{.job = "gone", .generation = 7}));
}

}  // namespace
}  // namespace descent
