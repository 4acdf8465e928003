#pragma once

#include <chrono>

namespace descent {

// A coordinator that is started again is back within seconds. Somebody who follows has seen it; for
// others it may never have been there.
inline constexpr std::chrono::seconds kFollowerAwayMax{60};
inline constexpr std::chrono::seconds kAwayMax{2};
inline constexpr std::chrono::milliseconds kRetryDelay{500};

}  // namespace descent
