#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/shard_planner.h"
#include "coordinator/job.h"
#include "coordinator/metric_curve.h"

namespace descent {

// What a curve can be drawn over.
enum class XAxis {
  kStep,
  kTime,     // seconds since the job was first started
  kSamples,  // that the steps so far have trained on
};

// "step", "time" or "samples".
std::optional<XAxis> ParseXAxis(std::string_view name);

// One job's axis. Pure.
class MetricAxis {
 public:
  MetricAxis(XAxis axis, const Job& job);

  // Where a point stands; nothing: it is not known, or the axis is that of steps.
  std::optional<double> PositionOf(const MetricCurve::Point& point) const;

 private:
  std::int64_t SamplesAfter(std::int64_t step) const;

  const XAxis axis_;
  const double start_time_;
  std::optional<ShardPlanner> planner_;  // of kSamples, once the size of the data is known
};

}  // namespace descent
