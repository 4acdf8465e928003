#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/api/types.h"

namespace descent {

// What `descent watch` shows of a running job on a terminal. Pure.

// The rank that the others wait for, by what it needs for a step of its own, over the median.
struct SlowestRank {
  int rank = 0;
  double ratio = 1;
};

// Nothing: fewer than two ranks are known.
std::optional<SlowestRank> FindSlowestRank(const JobView& job, const std::vector<PoolView>& pools);

using BestValues = std::map<std::string, MetricPointView>;  // by "validation/accuracy"

// The best value of each metric of the validation split.
BestValues FindBest(const std::vector<MetricSummaryView>& metrics);

struct WatchFacts {
  BestValues best;
  std::optional<SlowestRank> slowest;
};

// Progress; metrics, each with its best; the newest checkpoint and the slowest rank. Lines of at
// most `columns`, as far as one word fits. `now` is seconds since the epoch.
std::vector<std::string> WatchLines(const JobView& job, const WatchFacts& facts, int columns,
                                    double now);

}  // namespace descent
