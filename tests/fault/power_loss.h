#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "tests/fault/crash_states.h"

namespace descent {

// How many states of power loss a test tries.
struct PowerLossTrials {
  std::string_view what;  // that loses it, as the report names it
  std::size_t short_tier = 0;
  std::size_t long_tier = 0;
};

// Gives `check` as many states as the tier wants, those of FaultSeed, until one of them fails the
// test; which one, the failure says. It fails, too, if there are not as many.
void TryPowerLosses(const DiskRecord& record, const PowerLossTrials& trials,
                    const std::function<void(const CrashState&)>& check);

}  // namespace descent
