#include "client/render/dry_run.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/render/batch_text.h"
#include "client/render/format.h"
#include "common/model_name.h"

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

// How many workers each host has, in the order of their ranks.
std::vector<std::pair<std::string, std::int64_t>> WorkersByHost(
    const std::vector<std::string>& workers) {
  std::vector<std::pair<std::string, std::int64_t>> hosts;
  for (const std::string& worker : workers) {
    const std::string host = worker.substr(0, worker.rfind('/'));
    const auto known = std::ranges::find(hosts, host, &std::pair<std::string, std::int64_t>::first);
    if (known == hosts.end())
      hosts.emplace_back(host, 1);
    else
      ++known->second;
  }
  return hosts;
}

// ", 2 workers on node-a, 1 on node-b"
std::string WorkersByHostText(const std::vector<std::string>& workers) {
  std::string text;
  for (const auto& [host, count] : WorkersByHost(workers))
    text += fmt::format(", {}{} on {}", count,
                        !text.empty() ? ""
                        : count == 1  ? " worker"
                                      : " workers",
                        host);
  return text;
}

// " (node-a 82.0 MB, node-b 41.0 MB)": of all workers of a machine together.
std::string MemoryByHostText(const std::vector<std::string>& workers, std::int64_t worker_bytes) {
  std::string text;
  for (const auto& [host, count] : WorkersByHost(workers))
    text +=
        fmt::format("{}{} {}", text.empty() ? " (" : ", ", host, FormatBytes(count * worker_bytes));
  return text.empty() ? "" : text + ")";
}

// The coordinator answers a dry run with the job in the state that it would be in.
std::string PlacementText(const JobView& job) {
  if (job.state == "SUSPENDED") return job.state_message;
  if (job.queue_position == 0)
    return job.state_message + " -> would start at once" + WorkersByHostText(job.workers);
  const std::string place =
      job.queue_position == 1 ? "" : fmt::format("position {}: ", job.queue_position);
  return place + job.queue_message + " -> would wait";
}

// "model mlp 535,818 parameters, 2.1 MB fp32": weights are stored so whatever the precision is.
std::string ModelText(const JobSpec& spec, const Result<CompiledModel>& model) {
  std::string text = fmt::format("model {}", ModelName(spec.model));
  if (model.ok())
    text += fmt::format(" {} parameters, {} fp32", FormatGrouped(model.value().parameter_count),
                        FormatBytes(4 * model.value().parameter_count));
  return text;
}

// The newest, the best and one to roll back to; what is pinned comes on top.
std::int64_t CheckpointsKept(const JobSpec& spec) {
  return spec.checkpoint.keep_last + (spec.data.validation ? 1 : 0) +
         (spec.nonfinite.action == NonfiniteAction::kRollback ? 1 : 0);
}

std::string DryRunMemoryText(const JobView& job, const Result<CompiledModel>& model) {
  if (!model.ok())
    return fmt::format("memory and data are not checked here: {}", model.status().message());
  return fmt::format("memory per worker about {}{}; checkpoint about {}, at most {} kept",
                     FormatBytes(model.value().worker_bytes),
                     MemoryByHostText(job.workers, model.value().worker_bytes),
                     FormatBytes(model.value().checkpoint_bytes), CheckpointsKept(job.spec));
}

std::optional<std::int64_t> TrainSamplesOf(const JobSpec& spec,
                                           const Result<CompiledModel>& model) {
  if (model.ok()) return model.value().train_samples;
  if (spec.data.train.range) return spec.data.train.range->size();
  return std::nullopt;
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

Result<CompiledModel> ReadCompiledModel(const std::string& explanation) {
  try {
    const auto json = nlohmann::json::parse(explanation);
    return CompiledModel{
        .parameter_count = json.at("parameter_count").get<std::int64_t>(),
        .train_samples = json.at("train_samples").get<std::int64_t>(),
        .worker_bytes = json.at("memory").at("total").get<std::int64_t>(),
        .checkpoint_bytes = json.at("memory").at("checkpoint").get<std::int64_t>()};
  } catch (const nlohmann::json::exception& error) {
    return Status(Code::kInternal,
                  fmt::format("the worker program's explanation is unreadable: {}", error.what()));
  }
}

std::string DryRunText(const JobView& job, const Result<CompiledModel>& model) {
  constexpr std::size_t kShaDigits = 12;
  const JobSpec& spec = job.spec;
  return fmt::format(
      "OK  spec valid (sha256 {}…)  {}\n"
      "    {}\n"
      "    workers {} to {}, {}; {} thread{} each\n"
      "    {}\n"
      "    placement now: {}\n",
      job.spec_sha256.substr(0, kShaDigits), ModelText(spec, model),
      BatchText(spec, TrainSamplesOf(spec, model)), spec.workers.min, spec.workers.max,
      WorkersMeaning(spec), spec.workers.threads, spec.workers.threads == 1 ? "" : "s",
      DryRunMemoryText(job, model), PlacementText(job));
}

}  // namespace descent
