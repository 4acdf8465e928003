#include "coordinator/progress.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace descent {

std::vector<MetricPoint> AdvanceSteps(Job& job, const std::vector<StepMetrics>& steps) {
  std::vector<MetricPoint> points;
  const auto add = [&](const char* name, std::int64_t step, double value) {
    points.push_back({.name = name, .step = step, .value = value});
    job.latest_metrics[name] = value;
  };
  for (const StepMetrics& step : steps) {
    if (step.step <= job.step) continue;
    job.step = step.step;
    job.epoch = step.epoch;
    add("train/loss", step.step, step.loss);
    add("train/grad_norm", step.step, step.grad_norm);
    add("train/lr", step.step, step.lr);
    if (step.step_seconds > 0)
      add("train/samples_per_second", step.step,
          static_cast<double>(step.samples) / step.step_seconds);
  }
  return points;
}

std::vector<MetricPoint> RecordEvaluation(Job& job, const EvaluationReport& report) {
  const std::string split = report.split == EvaluationSplit::kTest ? "test" : "validation";
  const std::vector<MetricPoint> points = {
      {.name = split + "/loss", .step = report.step, .value = report.loss},
      {.name = split + "/accuracy", .step = report.step, .value = report.accuracy}};
  for (const MetricPoint& point : points) job.latest_metrics[point.name] = point.value;
  return points;
}

std::optional<FailureRecord> RecordCheckpoint(Job& job, const CheckpointWritten& written,
                                              double wall_time) {
  const auto place = std::lower_bound(
      job.checkpoints.begin(), job.checkpoints.end(), written.step,
      [](const CheckpointRecord& record, std::int64_t step) { return record.step < step; });
  if (place != job.checkpoints.end() && place->step == written.step) {
    if (place->state_digest == written.state_digest) return std::nullopt;
    return FailureRecord{
        .reason = "StateDiverged",
        .message =
            fmt::format("the state after step {} has digest {}, computed before it had {}",
                        written.step, written.state_digest.ToHex(), place->state_digest.ToHex()),
        .rank = 0,
        .step = written.step};
  }
  if (place == job.checkpoints.end()) job.attempts_without_progress = 0;
  job.checkpoints.insert(place, {.step = written.step,
                                 .epoch = written.epoch,
                                 .directory = written.directory,
                                 .state_digest = written.state_digest,
                                 .bytes = written.bytes,
                                 .create_time = wall_time});
  const auto keep =
      static_cast<std::size_t>(std::max<std::int64_t>(1, job.spec.checkpoint.keep_last));
  if (job.checkpoints.size() > keep)
    job.checkpoints.erase(job.checkpoints.begin(),
                          job.checkpoints.end() - static_cast<std::ptrdiff_t>(keep));
  return std::nullopt;
}

}  // namespace descent
