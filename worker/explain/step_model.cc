#include "worker/explain/step_model.h"

#include <algorithm>

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

}  // namespace descent
