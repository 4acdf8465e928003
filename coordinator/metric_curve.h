#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/database.h"

namespace descent {

// Of the values that a mean is made of. Those that are no number do not count.
struct MetricSpread {
  double min = std::numeric_limits<double>::quiet_NaN();  // NaN: there are none
  double max = std::numeric_limits<double>::quiet_NaN();
  std::int64_t count = 0;
};

// One named curve of a job.
struct MetricCurve {
  struct Point {
    std::int64_t step = 0;
    double value = 0;
    double time = 0;  // when it was recorded, seconds since the epoch; 0: not known
    std::optional<MetricSpread> spread = std::nullopt;  // of a mean
  };
  std::string name;
  std::vector<Point> points;      // by step, ascending
  std::int64_t bucket_steps = 1;  // > 1: points are means over this many steps
};

struct MetricQuery {
  std::string job_id;
  std::vector<std::string> names;  // empty: all
  std::int64_t first_step = 0;     // points with step >= first_step
  int points_max = 1000;           // of each curve
};

// The first `points_max` points from `first_step` on, as they were recorded.
Result<MetricCurve> ReadPoints(Database& database, const std::string& name, std::int64_t first_step,
                               int points_max);

// What MetricStore::Query promises of one curve, in a transaction of the caller's. Reads about
// points_max rows times 16 at most, however long the curve is, as far as the file has buckets.
Result<MetricCurve> ReadCurve(Database& database, const std::string& name,
                              const MetricQuery& query);

}  // namespace descent
