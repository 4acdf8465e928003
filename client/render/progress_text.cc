#include "client/render/progress_text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "client/render/format.h"

namespace descent {
namespace {

constexpr int kBarWidthMin = 8;
constexpr int kBarWidthMax = 24;

std::string WithBar(const std::string& text, double fraction, int columns) {
  const int width = std::min(columns - static_cast<int>(text.size()) - 4, kBarWidthMax);
  return width < kBarWidthMin ? text : fmt::format("{}  {}", BarText(fraction, width), text);
}

// "60%  step 1410/2350".
std::string StepsDoneText(const ProgressView& progress) {
  return fmt::format("{:>3}  step {}/{}", PercentText(progress.fraction), progress.step,
                     progress.last_step);
}

// "  epoch 7/10": the one that it is in.
std::string EpochText(const JobView& job) {
  const std::int64_t epoch = job.progress.epoch + 1;
  if (job.spec.epochs == 0) return fmt::format("  epoch {}", epoch);
  return fmt::format("  epoch {}/{}", std::min(epoch, job.spec.epochs), job.spec.epochs);
}

// "  epoch 6.0/10": how many are done.
std::string EpochsDoneText(const JobView& job) {
  const std::int64_t in_all = job.spec.epochs;
  // A spec that a newer coordinator made has no batch here.
  if (job.train_samples == 0 || job.spec.batch.global == 0) return EpochText(job);
  const std::int64_t steps = ComputeBatchArithmetic(job.spec, job.train_samples).steps_per_epoch;
  if (steps == 0) return EpochText(job);
  const double done = static_cast<double>(job.progress.step) / static_cast<double>(steps);
  return in_all == 0 ? fmt::format("  epoch {:.1f}", done)
                     : fmt::format("  epoch {:.1f}/{}", done, in_all);
}

std::string RemainingText(const ProgressView& progress) {
  return progress.remaining_seconds > 0 ? "  eta " + FormatClock(progress.remaining_seconds) : "";
}

}  // namespace

std::string PercentText(double fraction) {
  return fmt::format("{:.0f}%", std::floor(std::clamp(fraction, 0.0, 1.0) * 100));
}

std::string BarText(double fraction, int width) {
  const int done = std::clamp(static_cast<int>(fraction * width), 0, width);
  return fmt::format("[{:#<{}}{:-<{}}]", "", done, "", width - done);
}

std::string ProgressText(const JobView& job, int columns) {
  const ProgressView& progress = job.progress;
  std::string text = StepsDoneText(progress) + EpochText(job);
  if (const auto loss = job.latest_metrics.find("train/loss"); loss != job.latest_metrics.end())
    text += "  loss " + FormatMetric(loss->second);
  if (progress.samples_per_second > 0)
    text += fmt::format("  {} samples/s", FormatRate(progress.samples_per_second));
  return WithBar(text + RemainingText(progress), progress.fraction, columns);
}

std::string PaceText(const JobView& job, int columns) {
  const ProgressView& progress = job.progress;
  std::string text = StepsDoneText(progress) + EpochsDoneText(job);
  if (progress.steps_per_second > 0)
    text += fmt::format("  {} steps/s", FormatRate(progress.steps_per_second));
  if (progress.tokens_per_second > 0)
    text += fmt::format("  {} tokens/s", FormatRate(progress.tokens_per_second));
  else if (progress.samples_per_second > 0)
    text += fmt::format("  {} samples/s", FormatRate(progress.samples_per_second));
  return WithBar(text + RemainingText(progress), progress.fraction, columns);
}

}  // namespace descent
