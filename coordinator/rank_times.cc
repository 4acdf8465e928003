#include "coordinator/rank_times.h"

#include <algorithm>
#include <string_view>

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
  std::ranges::sort(own_step_seconds);
  const std::size_t middle = own_step_seconds.size() / 2;
  const double median = own_step_seconds.size() % 2 == 1
                            ? own_step_seconds[middle]
                            : (own_step_seconds[middle - 1] + own_step_seconds[middle]) / 2;
  if (median <= 0) return std::nullopt;
  return own_step_seconds.back() / median;
}

}  // namespace descent
