#include "client/render/dry_run.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

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

std::string PlacementText(const JobSpec& spec, const ClusterView& cluster) {
  int free_max = 0;
  std::string text;
  for (const PoolView& pool : cluster.pools) {
    text += fmt::format("{}pool {}, {} of {} workers free", text.empty() ? "" : "; ", pool.name,
                        pool.free, pool.world_size);
    if (pool.is_ready) free_max = std::max(free_max, pool.free);
  }
  if (text.empty()) text = "no workers are attached";
  return text + (free_max >= spec.workers.min ? " -> would start at once" : " -> would wait");
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

std::string DryRunText(const JobSpec& spec, const ClusterView& cluster) {
  std::optional<std::int64_t> train_samples;
  if (spec.data.train.range) train_samples = spec.data.train.range->size();
  return fmt::format(
      "OK  spec valid\n"
      "    {}\n"
      "    workers {} to {}, {}; {} thread{} each\n"
      "    placement now: {}\n",
      BatchText(spec, train_samples), spec.workers.min, spec.workers.max, WorkersMeaning(spec),
      spec.workers.threads, spec.workers.threads == 1 ? "" : "s", PlacementText(spec, cluster));
}

}  // namespace descent
