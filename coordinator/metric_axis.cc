#include "coordinator/metric_axis.h"

#include "common/job_spec.h"

namespace descent {

std::optional<XAxis> ParseXAxis(std::string_view name) {
  if (name == "step") return XAxis::kStep;
  if (name == "time") return XAxis::kTime;
  if (name == "samples") return XAxis::kSamples;
  return std::nullopt;
}

MetricAxis::MetricAxis(XAxis axis, const Job& job) : axis_(axis), start_time_(job.start_time) {
  if (axis == XAxis::kSamples && job.train_samples > 0)
    planner_.emplace(MakeShardPlan(job.spec, job.train_samples));
}

std::optional<double> MetricAxis::PositionOf(const MetricCurve::Point& point) const {
  if (axis_ == XAxis::kTime && point.time > 0 && start_time_ > 0) return point.time - start_time_;
  if (planner_) return static_cast<double>(SamplesAfter(point.step));
  return std::nullopt;
}

// Only the last step of an epoch may be a short one.
std::int64_t MetricAxis::SamplesAfter(std::int64_t step) const {
  const std::int64_t steps_per_epoch = planner_->steps_per_epoch();
  const std::int64_t of_step = planner_->StepSize(0);
  const std::int64_t of_epoch =
      (steps_per_epoch - 1) * of_step + planner_->StepSize(steps_per_epoch - 1);
  return step / steps_per_epoch * of_epoch + step % steps_per_epoch * of_step;
}

}  // namespace descent
