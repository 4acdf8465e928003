#include "coordinator/rank_times.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/median.h"

namespace descent {

std::optional<double> OwnStepSeconds(const PhaseTimes& times) {
  if (times.steps == 0) return std::nullopt;
  double seconds = 0;
  for (const std::string_view phase : {"data", "compute", "update"}) {
    const auto found = times.seconds.find(phase);
    if (found != times.seconds.end()) seconds += found->second;
  }
  return seconds / static_cast<double>(times.steps);
}

std::optional<double> RankSkew(std::vector<double> own_step_seconds) {
  if (own_step_seconds.size() < 2) return std::nullopt;
  const double slowest = *std::ranges::max_element(own_step_seconds);
  const double median = Median(std::move(own_step_seconds));
  if (median <= 0) return std::nullopt;
  return slowest / median;
}

}  // namespace descent
