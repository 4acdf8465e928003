#include "client/render/dry_run.h"

#include <spdlog/fmt/fmt.h>

#include "client/render/batch_text.h"
#include "client/render/format.h"

namespace descent {
namespace {

std::string StepsText(const JobSpec& spec, std::optional<std::int64_t> train_samples) {
  if (train_samples) {
    const auto arithmetic = ComputeBatchArithmetic(spec, *train_samples);
    return fmt::format("{} steps/epoch, {} steps", FormatGrouped(arithmetic.steps_per_epoch),
                       FormatGrouped(arithmetic.last_step));
  }
  if (spec.steps > 0) return FormatGrouped(spec.steps) + " steps";
  if (spec.batch.global == kAllSamples) return FormatGrouped(spec.epochs) + " steps, one an epoch";
  return fmt::format("{} epochs; the data tell how many steps", spec.epochs);
}

// The coordinator answers a dry run with the job in the state that it would be in.
std::string PlacementText(const JobView& job) {
  if (job.queue_position == 0) return job.state_message + " -> would start at once";
  const std::string place =
      job.queue_position == 1 ? "" : fmt::format("position {}: ", job.queue_position);
  return place + job.queue_message + " -> would wait";
}

std::string WorkersMeaning(const JobSpec& spec) {
  return spec.reduction == ReductionKind::kFastest
             ? "whose number changes rounding (reduction: fastest)"
             : "with the same result";
}

}  // namespace

std::string BatchText(const JobSpec& spec, std::optional<std::int64_t> train_samples) {
  return fmt::format("global batch {}; {}", BatchPartsText(spec.batch),
                     StepsText(spec, train_samples));
}

std::string DryRunText(const JobView& job) {
  const JobSpec& spec = job.spec;
  std::optional<std::int64_t> train_samples;
  if (spec.data.train.range) train_samples = spec.data.train.range->size();
  return fmt::format(
      "OK  spec valid\n"
      "    {}\n"
      "    workers {} to {}, {}; {} thread{} each\n"
      "    placement now: {}\n",
      BatchText(spec, train_samples), spec.workers.min, spec.workers.max, WorkersMeaning(spec),
      spec.workers.threads, spec.workers.threads == 1 ? "" : "s", PlacementText(job));
}

}  // namespace descent
