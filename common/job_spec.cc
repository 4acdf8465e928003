#include "common/job_spec.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "common/check.h"
#include "common/job_spec_data.h"
#include "common/job_spec_evaluation.h"
#include "common/job_spec_lifetime.h"
#include "common/job_spec_loss.h"
#include "common/job_spec_nonfinite.h"
#include "common/job_spec_optimizer.h"
#include "common/job_spec_reduction.h"
#include "common/limits.h"
#include "common/spec_checker.h"

namespace descent {
namespace {

constexpr std::int64_t kHiddenSizeMax = std::int64_t{1} << 24;
constexpr std::size_t kHiddenLayersMax = 1024;
constexpr std::size_t kNameLengthMax = 40;
constexpr int kRestartsMax = 1'000'000;

bool IsName(const std::string& name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_allowed = [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= kNameLengthMax && is_lower(name.front()) &&
         name.back() != '-' && std::all_of(name.begin(), name.end(), is_allowed);
}

void CheckName(const JobSpec& spec, SpecChecker& checker) {
  checker.Require(IsName(spec.name), "name", Quoted(spec.name),
                  fmt::format("1 to {} of a-z, 0-9 and -, beginning with a letter and not ending "
                              "with -",
                              kNameLengthMax));
}

void CheckMlp(const MlpSpec& mlp, SpecChecker& checker) {
  checker.Require(mlp.hidden_sizes.size() <= kHiddenLayersMax, "model.mlp.hidden_sizes",
                  fmt::format("{} layers", mlp.hidden_sizes.size()),
                  fmt::format("at most {}", kHiddenLayersMax));
  for (std::size_t i = 0; i < std::min(mlp.hidden_sizes.size(), kHiddenLayersMax); ++i)
    checker.RequireInRange(fmt::format("model.mlp.hidden_sizes[{}]", i), mlp.hidden_sizes[i], 1,
                           kHiddenSizeMax);
  checker.RequireNumber(mlp.dropout >= 0 && mlp.dropout < 1, "model.mlp.dropout", mlp.dropout,
                        "at least 0 and below 1");
}

void CheckBatch(const BatchSpec& batch, SpecChecker& checker) {
  if (batch.global != kAllSamples)
    checker.RequireInRange("batch.global", batch.global, 1, limits::kGlobalBatchMax);
  const bool has_global = batch.global >= 1;
  if (batch.global == kAllSamples)
    checker.RequireInRange("batch.micro", batch.micro, 1, limits::kGlobalBatchMax);
  if (has_global) {
    checker.Require(batch.micro >= 1 && batch.micro <= batch.global, "batch.micro",
                    fmt::to_string(batch.micro),
                    fmt::format("at least 1 and at most batch.global {}", batch.global));
  }
  const bool is_power_of_two =
      batch.logical_workers >= 1 && batch.logical_workers <= limits::kLogicalWorkersMax &&
      std::has_single_bit(static_cast<std::uint64_t>(batch.logical_workers));
  checker.Require(is_power_of_two, "batch.logical_workers", fmt::to_string(batch.logical_workers),
                  fmt::format("a power of two from 1 to {}", limits::kLogicalWorkersMax));
  if (has_global && is_power_of_two) {
    checker.Require(batch.logical_workers <= batch.global, "batch.logical_workers",
                    fmt::to_string(batch.logical_workers),
                    fmt::format("at most batch.global {}", batch.global));
  }
}

void CheckLength(const JobSpec& spec, SpecChecker& checker) {
  checker.RequireInRange("epochs", spec.epochs, 0, limits::kEpochsMax);
  checker.RequireInRange("steps", spec.steps, 0, limits::kStepsMax);
  checker.RequireInRange("stop_at_step", spec.stop_at_step, 0, limits::kStepsMax);
  checker.RequireInRange("verify_every", spec.verify_every, 0, limits::kStepsMax);
  if (spec.epochs >= 0 && spec.steps >= 0) {
    checker.Require((spec.epochs > 0) != (spec.steps > 0), "epochs",
                    fmt::format("epochs {} and steps {}", spec.epochs, spec.steps),
                    "exactly one of them above 0");
  }
  if (spec.steps <= 0) return;
  checker.Require(spec.stop_at_step <= spec.steps, "stop_at_step",
                  fmt::to_string(spec.stop_at_step), fmt::format("at most steps {}", spec.steps));
  CheckLrScheduleFits(spec.lr_schedule, spec.steps, checker);
}

void CheckCheckpoint(const JobSpec& spec, SpecChecker& checker) {
  checker.RequireInRange("checkpoint.every_steps", spec.checkpoint.every_steps, 0,
                         limits::kStepsMax);
  checker.RequireInRange("checkpoint.keep_last", spec.checkpoint.keep_last, 1, limits::kStepsMax);
}

void CheckWorkers(const JobSpec& spec, SpecChecker& checker) {
  const WorkersSpec& workers = spec.workers;
  checker.RequireInRange("workers.min", workers.min, 1, limits::kWorldSizeMax);
  checker.RequireInRange("workers.max", workers.max, 1, limits::kWorldSizeMax);
  checker.RequireInRange("workers.threads", workers.threads, 1, limits::kThreadsMax);
  if (workers.min >= 1 && workers.max >= 1) {
    checker.Require(workers.min <= workers.max, "workers.max", fmt::to_string(workers.max),
                    fmt::format("at least workers.min {}", workers.min));
  }
  if (spec.batch.logical_workers >= 1) {
    checker.Require(workers.max <= spec.batch.logical_workers, "workers.max",
                    fmt::to_string(workers.max),
                    fmt::format("at most batch.logical_workers {}", spec.batch.logical_workers));
  }
  checker.RequireInRange("restarts.max", spec.restarts_max, 0, kRestartsMax);
}

// Once the sizes of the model are known. 0 if the batch has no valid size.
std::int64_t DefaultMicro(const JobSpec& spec) {
  constexpr std::int64_t kSamplesMax = 256;
  constexpr std::int64_t kTokensMax = 2048;
  const BatchSpec& batch = spec.batch;
  if (batch.global >= 1 && batch.logical_workers >= 1)
    return PartOf(batch.global, batch.logical_workers, 0).size();
  if (batch.global != kAllSamples) return 0;
  const auto* gpt = std::get_if<GptSpec>(&spec.model.architecture);
  if (gpt == nullptr || gpt->context_length < 1) return kSamplesMax;
  return std::max<std::int64_t>(1, kTokensMax / gpt->context_length);
}

}  // namespace

JobSpec WithDefaults(JobSpec spec) {
  if (spec.workers.max == 0) spec.workers.max = std::max(1, spec.workers.min);
  if (spec.batch.logical_workers == 0) {
    const auto workers_max = static_cast<std::uint64_t>(std::max(1, spec.workers.max));
    spec.batch.logical_workers = static_cast<std::int64_t>(std::bit_ceil(workers_max));
  }
  if (spec.model.loss == Loss::kHuber && spec.model.huber_delta == 0) spec.model.huber_delta = 1;
  if (auto* gpt = std::get_if<GptSpec>(&spec.model.architecture))
    *gpt = WithPreset(std::move(*gpt));
  SetDataDefaults(spec);
  if (spec.batch.micro == 0) spec.batch.micro = DefaultMicro(spec);
  return spec;
}

void CheckModel(const ModelSpec& model, SpecChecker& checker) {
  if (const auto* mlp = std::get_if<MlpSpec>(&model.architecture)) CheckMlp(*mlp, checker);
  if (const auto* gpt = std::get_if<GptSpec>(&model.architecture)) CheckGpt(*gpt, checker);
  if (const auto* layers = std::get_if<LayersSpec>(&model.architecture))
    CheckLayers(*layers, checker);
  if (const auto* convnet = std::get_if<ConvnetSpec>(&model.architecture))
    CheckConvnet(*convnet, checker);
  if (const auto* resnet = std::get_if<ResnetSpec>(&model.architecture))
    CheckResnet(*resnet, checker);
  CheckLoss(model, checker);
}

std::vector<Violation> ValidateJobSpec(const JobSpec& spec) {
  SpecChecker checker;
  CheckName(spec, checker);
  CheckModel(spec.model, checker);
  CheckData(spec, checker);
  CheckBatch(spec.batch, checker);
  CheckLength(spec, checker);
  CheckOptimizer(spec, checker);
  CheckLrSchedule(spec.lr_schedule, LearningRateOf(spec.optimizer),
                  fmt::format("optimizer.{}.lr", OptimizerName(spec.optimizer)), checker);
  CheckEvaluation(spec, checker);
  CheckNonfinite(spec, checker);
  CheckReduction(spec, checker);
  CheckCheckpoint(spec, checker);
  CheckWorkers(spec, checker);
  CheckLifetime(spec, checker);
  return checker.TakeViolations();
}

std::vector<Violation> ValidateAgainstTrainingSet(const JobSpec& spec, std::int64_t train_samples) {
  SpecChecker checker;
  if (spec.batch.global == kAllSamples) {
    checker.Require(train_samples >= spec.batch.logical_workers, "batch.logical_workers",
                    fmt::to_string(spec.batch.logical_workers),
                    fmt::format("at most the {} training samples", train_samples));
    checker.Require(train_samples <= limits::kGlobalBatchMax, "batch.global",
                    fmt::format("all of {} training samples", train_samples),
                    fmt::format("at most {}", limits::kGlobalBatchMax));
  }
  const bool fills_a_step =
      train_samples >= (spec.batch.tail == EpochTail::kDrop ? spec.batch.global : 1);
  checker.Require(
      fills_a_step, "batch.global", fmt::to_string(spec.batch.global),
      fmt::format("at most the {} training samples when the tail is dropped", train_samples));
  if (!fills_a_step || train_samples < 1) return checker.TakeViolations();
  const std::int64_t total_steps = ComputeBatchArithmetic(spec, train_samples).total_steps;
  checker.Require(spec.stop_at_step <= total_steps, "stop_at_step",
                  fmt::to_string(spec.stop_at_step),
                  fmt::format("at most the {} steps of the job", total_steps));
  CheckLrScheduleFits(spec.lr_schedule, total_steps, checker);
  return checker.TakeViolations();
}

std::int64_t GlobalBatchOf(const BatchSpec& batch, std::int64_t train_samples) {
  return batch.global == kAllSamples ? train_samples : batch.global;
}

BatchArithmetic ComputeBatchArithmetic(const JobSpec& spec, std::int64_t train_samples) {
  BatchArithmetic arithmetic;
  arithmetic.steps_per_epoch = ShardPlanner(MakeShardPlan(spec, train_samples)).steps_per_epoch();
  arithmetic.total_steps = spec.steps > 0 ? spec.steps : spec.epochs * arithmetic.steps_per_epoch;
  arithmetic.last_step = spec.stop_at_step > 0 ? std::min(spec.stop_at_step, arithmetic.total_steps)
                                               : arithmetic.total_steps;
  return arithmetic;
}

ShardPlan MakeShardPlan(const JobSpec& spec, std::int64_t train_samples) {
  return {.sample_count = train_samples,
          .global_batch = GlobalBatchOf(spec.batch, train_samples),
          .logical_workers = spec.batch.logical_workers,
          .seed = spec.seed,
          .tail = spec.batch.tail,
          .shuffle = spec.data.shuffle};
}

}  // namespace descent
