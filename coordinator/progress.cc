#include "coordinator/progress.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

namespace descent {

std::optional<double> RemainingSeconds(const Job& job) {
  if (job.state != JobState::kRunning || job.steps_per_second <= 0 || job.train_samples == 0)
    return std::nullopt;
  const std::int64_t last_step = ComputeBatchArithmetic(job.spec, job.train_samples).last_step;
  return static_cast<double>(last_step - job.step) / job.steps_per_second;
}

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
    if (step.nonfinite) {
      job.nonfinite_steps = {.count = job.nonfinite_steps.count + 1,
                             .last_step = step.step,
                             .last_message = step.nonfinite->message};
      add("train/nonfinite_steps", step.step, static_cast<double>(job.nonfinite_steps.count));
      continue;
    }
    add("train/loss", step.step, step.loss);
    add("train/grad_norm", step.step, step.grad_norm);
    add("train/lr", step.step, step.lr);
    if (step.update_ratio) add("train/update_ratio", step.step, *step.update_ratio);
    if (step.noise) job.gradient_noise = *step.noise;
    if (const auto scale = NoiseScale(job.gradient_noise); step.noise && scale)
      add("train/noise_scale", step.step, *scale);
    if (step.step_seconds > 0)
      add("train/samples_per_second", step.step,
          static_cast<double>(step.samples) / step.step_seconds);
  }
  return points;
}

std::optional<FailureRecord> RecordVerifiedSteps(Job& job, const std::vector<StepMetrics>& steps) {
  std::vector<VerifiedStep>& verified = job.verified_steps;
  for (const StepMetrics& step : steps) {
    if (!step.parameters_digest) continue;
    // Sums in the order of the workers have other bits with other workers.
    if (job.spec.reduction == ReductionKind::kFastest)
      std::erase_if(verified, [&](const VerifiedStep& old) { return old.step >= step.step; });
    const auto before = std::ranges::find(verified, step.step, &VerifiedStep::step);
    if (before != verified.end() && before->parameters_digest != *step.parameters_digest)
      return FailureRecord{
          .reason = "StateDiverged",
          .message = fmt::format(
              "the parameters after step {} have digest {}, computed before they had {}", step.step,
              step.parameters_digest->ToHex(), before->parameters_digest.ToHex()),
          .step = step.step};
    if (!verified.empty() && step.step <= verified.back().step) continue;
    verified.push_back({.step = step.step, .parameters_digest = *step.parameters_digest});
    if (verified.size() > kVerifiedStepsKept) verified.erase(verified.begin());
  }
  return std::nullopt;
}

std::vector<MetricPoint> RecordEvaluation(Job& job, const EvaluationReport& report) {
  const std::string split = report.split == EvaluationSplit::kTest ? "test" : "validation";
  std::vector<MetricPoint> points;
  for (const auto& [metric, value] : report.values) {
    points.push_back({.name = fmt::format("{}/{}", split, MetricName(metric)),
                      .step = report.step,
                      .value = value});
    job.latest_metrics[points.back().name] = value;
  }
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
  EvaluationValues validation;
  if (job.validation && job.validation->step == written.step) validation = job.validation->values;
  if (place == job.checkpoints.end()) job.attempts_without_progress = 0;
  job.checkpoints.insert(place, {.step = written.step,
                                 .epoch = written.epoch,
                                 .directory = written.directory,
                                 .state_digest = written.state_digest,
                                 .bytes = written.bytes,
                                 .create_time = wall_time,
                                 .validation = std::move(validation)});
  return std::nullopt;
}

bool RecordSkippedSave(Job& job, const CheckpointSkipped& skipped, double wall_time) {
  SkippedSaves& saves = job.skipped_saves;
  const bool is_first = saves.count == 0;
  if (is_first) saves.first_time = wall_time;
  ++saves.count;
  saves.last_step = skipped.step;
  saves.last_message = skipped.message;
  return is_first;
}

void EndSkippedSaves(Job& job, double wall_time) {
  if (job.skipped_saves.count > 0 || job.checkpoint_healthy_time == 0)
    job.checkpoint_healthy_time = wall_time;
  job.skipped_saves = {};
}

}  // namespace descent
