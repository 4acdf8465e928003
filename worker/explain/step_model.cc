#include "worker/explain/step_model.h"

#include <algorithm>

#include "common/shard_planner.h"

namespace descent {

StepTimeline TimelineOf(const StepModel& step, const CallSeconds& reduce, double exchange) {
  StepTimeline timeline{.computed = step.computed, .exchange = exchange, .update = step.update};
  double now = 0;
  for (const StepModel::Bucket& bucket : step.buckets) {
    const double seconds = reduce(bucket.elements);
    now = std::max(now, bucket.ready) + seconds;
    timeline.reducing += seconds;
  }
  timeline.exposed = std::max(0.0, now - step.computed);
  return timeline;
}

StepModel Rebucketed(const StepModel& step, std::int64_t target) {
  StepModel other = step;
  other.buckets.clear();
  StepModel::Bucket joined;
  const auto end_bucket = [&] {
    const std::int64_t parts = (joined.elements + target - 1) / target;
    for (std::int64_t part = 0; part < parts; ++part)
      other.buckets.push_back(
          {.elements = PartOf(joined.elements, parts, part).size(), .ready = joined.ready});
    joined = {};
  };
  for (const StepModel::Bucket& bucket : step.buckets) {
    if (joined.elements > 0 && joined.elements + bucket.elements > target) end_bucket();
    joined.elements += bucket.elements;
    joined.ready = bucket.ready;
    if (joined.elements >= target) end_bucket();
  }
  end_bucket();
  return other;
}

}  // namespace descent
