#include "tests/fault/power_loss.h"

#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include "tests/fault/tier.h"

namespace descent {

void TryPowerLosses(const DiskRecord& record, const PowerLossTrials& trials,
                    const std::function<void(const CrashState&)>& check) {
  const CrashSearch search = {.states_wanted = IsLongTier() ? trials.long_tier : trials.short_tier,
                              .seed = FaultSeed()};

  const std::size_t states = ForEachCrashState(record, search, [&](const CrashState& state) {
    SCOPED_TRACE(fmt::format("power failed after operation {} of {}, seed {}", state.operations,
                             record.operations().size(), search.seed));
    check(state);
    return !testing::Test::HasFailure();
  });

  EXPECT_TRUE(testing::Test::HasFailure() || states == search.states_wanted) << states;
  ReportTrials(fmt::format("power loss of {}", trials.what), states);
}

}  // namespace descent
