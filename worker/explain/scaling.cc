#include "worker/explain/scaling.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <bit>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/limits.h"
#include "worker/collective/slice.h"
#include "worker/explain/explanation.h"

namespace descent {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kBucketBytes = std::int64_t{limits::kBucketElementsTarget} * 4;
constexpr std::int64_t kBucketBytesMin = std::int64_t{64} << 10;
constexpr std::int64_t kBucketBytesMax = std::int64_t{limits::kBucketElementsMax} * 4;
constexpr double kGainWorthAChange = 1e-3;  // of a step

// The job as so many workers would run it, or why they cannot.
Result<JobSpec> SpecFor(const JobSpec& spec, std::int64_t train_samples, int workers,
                        ScalingKind kind) {
  JobSpec scaled = spec;
  std::int64_t global = GlobalBatchOf(spec.batch, train_samples);
  if (kind == ScalingKind::kWeak) {
    const std::int64_t most = std::max(spec.workers.max, 1);
    global = (global + most - 1) / most * workers;
    scaled.batch.global = global;
    scaled.batch.logical_workers = 1;
  }
  if (global > train_samples)
    return Status(Code::kInvalidArgument,
                  fmt::format("{} workers: a batch of {} samples is more than the training set of "
                              "{}",
                              workers, global, train_samples));
  const auto wanted = static_cast<std::int64_t>(std::bit_ceil(static_cast<unsigned>(workers)));
  if (wanted > global)
    return Status(Code::kInvalidArgument,
                  fmt::format("{} workers: a batch of {} samples has none for some of their {} "
                              "logical workers",
                              workers, global, wanted));
  scaled.batch.logical_workers = std::max(scaled.batch.logical_workers, wanted);
  scaled.workers.min = scaled.workers.max = workers;
  return scaled;
}

// When each bucket of the last micro-batch is ready, by the predicted times of the plan's steps,
// were buckets closed at so many bytes.
StepModel ModelOf(const Explanation& explanation, std::int64_t bucket_bytes) {
  const std::vector<IndexRange> buckets = BucketsOf(explanation.layout, bucket_bytes / 4);
  const std::vector<int> ready_after =
      ReadinessOf(buckets, explanation.layout, explanation.gradient_writers);
  const PlanExplanation& training = explanation.plans[0];
  const double computed = explanation.step.plans + explanation.step.additions;
  StepModel model{.buckets = {}, .computed = computed, .update = explanation.step.update};
  double done = computed - training.seconds;
  std::size_t step = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    for (; step < training.steps.size() && static_cast<int>(step) <= ready_after[i]; ++step)
      done += training.steps[step].seconds;
    model.buckets.push_back({.elements = buckets[i].size(), .ready = std::min(done, computed)});
  }
  return model;
}

// The calls of one step of a job on a number of workers.
class StepCalls {
 public:
  StepCalls(const JobSpec& spec, const Explanation& explanation, const Network& network)
      : spec_(spec),
        explanation_(explanation),
        network_(network),
        tree_(TreeOf(spec, explanation.train_samples, explanation.workers)) {}

  bool IsWithinHost() const { return explanation_.workers <= network_.ranks_per_host; }
  bool IsSharded() const { return spec_.update == UpdateKind::kSharded && tree_.world_size() > 1; }

  Traffic Reduction(std::int64_t elements) const {
    if (IsWithinHost()) return {};
    const CallKind kind = IsSharded() ? CallKind::kReduceScatter : CallKind::kAllReduce;
    if (spec_.reduction == ReductionKind::kFastest)
      return RingTraffic(tree_.world_size(), elements, kind, network_.ranks_per_host);
    return TreeTraffic(tree_, elements, kind, network_.ranks_per_host);
  }

  // Memory that all ranks of the host read bounds a sum, and nothing travels.
  double ReductionSeconds(std::int64_t elements) const {
    if (!IsWithinHost())
      return SecondsOf(Reduction(elements), network_, explanation_.rates.memory_bytes);
    const double share =
        static_cast<double>(elements) / static_cast<double>(explanation_.layout.element_count);
    return share * explanation_.step.exchange;
  }

  // The ranks' records: requests, a loss, squares and a count for each logical worker that a rank
  // could have, a sum of squares for each block of its slices (step_exchange.h).
  Traffic Records() const {
    const double ranks = tree_.world_size();
    const double leaves = static_cast<double>(tree_.leaf_count()) / ranks + 1;
    const auto total = static_cast<double>(explanation_.layout.element_count);
    const double blocks = total / kSliceUnitElements / ranks + 1;
    return RecordTraffic(tree_.world_size(), 8 * (2 + 3 * leaves + blocks),
                         network_.ranks_per_host);
  }

  Traffic Parameters(const StepModel& step) const {
    Traffic sum;
    if (!IsSharded() || IsWithinHost()) return sum;
    std::map<std::int64_t, double> buckets_of_size;
    for (const StepModel::Bucket& bucket : step.buckets) ++buckets_of_size[bucket.elements];
    for (const auto& [elements, count] : buckets_of_size) {
      const Traffic traffic =
          TreeTraffic(tree_, elements, CallKind::kAllGather, network_.ranks_per_host);
      sum.messages += count * traffic.messages;
      sum.bytes += count * traffic.bytes;
    }
    return sum;
  }

  StepTimeline Timeline(const StepModel& step) const {
    const double memory = explanation_.rates.memory_bytes;
    const double exchange = IsWithinHost() ? 0
                                           : SecondsOf(Records(), network_, memory) +
                                                 SecondsOf(Parameters(step), network_, memory);
    std::map<std::int64_t, double> known;  // most buckets are of one size
    const auto reduce = [&](std::int64_t elements) {
      const auto [found, is_new] = known.try_emplace(elements, 0.0);
      if (is_new) found->second = ReductionSeconds(elements);
      return found->second;
    };
    StepTimeline timeline =
        TimelineOf(IsWithinHost() ? ReducedAtTheEnd(step) : step, reduce, exchange);
    if (IsSharded()) timeline.update /= tree_.world_size();
    return timeline;
  }

 private:
  // Where ranks only read each other's memory, a sum takes that from the computation.
  static StepModel ReducedAtTheEnd(StepModel step) {
    for (StepModel::Bucket& bucket : step.buckets) bucket.ready = step.computed;
    return step;
  }

  const JobSpec& spec_;
  const Explanation& explanation_;
  const Network network_;
  const CanonicalTree tree_;
};

void CountTraffic(const StepCalls& calls, const StepModel& model, ScaledStep& step) {
  if (calls.IsWithinHost()) return;
  std::vector<Traffic> all = {calls.Records(), calls.Parameters(model)};
  for (const StepModel::Bucket& bucket : model.buckets)
    all.push_back(calls.Reduction(bucket.elements));
  for (const Traffic& traffic : all) {
    step.messages += traffic.messages;
    step.link_bytes += traffic.bytes;
  }
}

// The program's own size unless another is worth a change.
void FindBestBuckets(const StepCalls& calls, const Explanation& explanation, ScaledStep& step) {
  step.best_bucket_bytes = kBucketBytes;
  step.best_seconds = step.timeline.Total();
  double wanted = step.best_seconds * (1 - kGainWorthAChange);
  for (std::int64_t bytes = kBucketBytesMin; bytes <= kBucketBytesMax; bytes *= 2) {
    const double seconds = calls.Timeline(ModelOf(explanation, bytes)).Total();
    if (seconds >= wanted) continue;
    step.best_bucket_bytes = bytes;
    step.best_seconds = wanted = seconds;
  }
}

Result<ScaledStep> PredictOn(const JobSpec& spec, const Datasets& datasets, int workers,
                             const Network& network, const MachineRates& rates) {
  DESCENT_ASSIGN(const Explanation explanation, Explain(spec, datasets, workers, rates));
  const StepCalls calls(spec, explanation, network);
  const StepModel model = ModelOf(explanation, kBucketBytes);
  ScaledStep step{.workers = workers,
                  .hosts = (workers + network.ranks_per_host - 1) / network.ranks_per_host,
                  .logical_workers = spec.batch.logical_workers,
                  .global_batch = GlobalBatchOf(spec.batch, explanation.train_samples),
                  .timeline = calls.Timeline(model)};
  CountTraffic(calls, model, step);
  FindBestBuckets(calls, explanation, step);
  step.samples_per_second = static_cast<double>(step.global_batch) / step.timeline.Total();
  return step;
}

Json ToValue(const ScaledStep& step) {
  return {{"workers", step.workers},
          {"hosts", step.hosts},
          {"logical_workers", step.logical_workers},
          {"global_batch", step.global_batch},
          {"step_seconds", step.timeline.Total()},
          {"compute_seconds", step.timeline.computed},
          {"reduction_seconds", step.timeline.reducing},
          {"exposed_seconds", step.timeline.exposed},
          {"exchange_seconds", step.timeline.exchange},
          {"update_seconds", step.timeline.update},
          {"messages", step.messages},
          {"link_bytes", step.link_bytes},
          {"samples_per_second", step.samples_per_second},
          {"efficiency", step.efficiency},
          {"best_bucket_bytes", step.best_bucket_bytes},
          {"best_step_seconds", step.best_seconds}};
}

}  // namespace

Result<Scaling> PredictScaling(const JobSpec& spec, const Datasets& datasets,
                               const ScalingRequest& request, const MachineRates& rates) {
  const std::int64_t samples = datasets.train->sample_count();
  Scaling scaling;
  scaling.rates = rates;
  scaling.bucket_bytes = kBucketBytes;
  const auto predict = [&](int workers) -> Result<ScaledStep> {
    DESCENT_ASSIGN(const JobSpec scaled, SpecFor(spec, samples, workers, request.kind));
    return PredictOn(scaled, datasets, workers, request.network, rates);
  };
  DESCENT_ASSIGN(scaling.alone, predict(1));
  scaling.alone.efficiency = 1;
  for (const int workers : request.workers) {
    if (const auto fits = SpecFor(spec, samples, workers, request.kind); !fits.ok()) {
      scaling.left_out.push_back(fits.status().message());
      continue;
    }
    DESCENT_ASSIGN(ScaledStep step, predict(workers));
    step.efficiency = step.samples_per_second / scaling.alone.samples_per_second / workers;
    scaling.steps.push_back(step);
  }
  return scaling;
}

std::string ToJson(const Scaling& scaling, const ScalingRequest& request) {
  Json steps = Json::array();
  for (const ScaledStep& step : scaling.steps) steps.push_back(ToValue(step));
  const Network& network = request.network;
  const Json value = {{"scaling", request.kind == ScalingKind::kWeak ? "weak" : "strong"},
                      {"network",
                       {{"bytes_per_second", network.bytes_per_second},
                        {"message_seconds", network.message_seconds},
                        {"ranks_per_host", network.ranks_per_host}}},
                      {"rates", ToValue(scaling.rates)},
                      {"bucket_bytes", scaling.bucket_bytes},
                      {"alone", ToValue(scaling.alone)},
                      {"steps", steps},
                      {"left_out", scaling.left_out}};
  return value.dump();
}

}  // namespace descent
