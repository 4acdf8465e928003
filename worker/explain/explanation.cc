#include "worker/explain/explanation.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "common/shard_planner.h"
#include "worker/collective/accumulation_plan.h"
#include "worker/optim/optimizer.h"
#include "worker/train/evaluator.h"
#include "worker/train/plan_cache.h"

namespace descent {
namespace {

// "transformer.h.11.ln_1.weight" as "transformer.h.*.ln_1.weight".
std::string WithoutNumbers(const std::string& name) {
  std::string pattern;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto is_digit = [&](std::size_t at) {
      return at < name.size() && std::isdigit(static_cast<unsigned char>(name[at])) != 0;
    };
    const bool begins_part = i == 0 || name[i - 1] == '.';
    std::size_t end = i;
    while (is_digit(end)) ++end;
    if (begins_part && end > i && (end == name.size() || name[end] == '.')) {
      pattern += '*';
      i = end - 1;
    } else {
      pattern += name[i];
    }
  }
  return pattern;
}

void AddToGroups(const ParameterSlot& slot, std::vector<TensorGroup>& groups) {
  const std::string pattern = WithoutNumbers(slot.name);
  const auto group = std::ranges::find_if(groups, [&](const TensorGroup& candidate) {
    return WithoutNumbers(candidate.name) == pattern && candidate.shape == slot.shape;
  });
  if (group == groups.end()) {
    groups.push_back({slot.name, slot.shape, 1, slot.size});
    return;
  }
  group->name = pattern;
  ++group->tensors;
  group->elements += slot.size;
}

// Slots are in the reverse of the forward pass, running statistics behind what is learned.
std::vector<TensorGroup> GroupsOf(const ParameterLayout& layout) {
  std::vector<TensorGroup> groups;
  for (const bool is_statistic : {false, true}) {
    for (auto slot = layout.slots.rbegin(); slot != layout.slots.rend(); ++slot) {
      if (slot->momentum.has_value() == is_statistic) AddToGroups(*slot, groups);
    }
  }
  return groups;
}

// What the ranks have to do in a step, by the one that has the most.
struct RankWork {
  std::int64_t samples = 0;
  std::int64_t leaves = 0;
  std::int64_t additions = 0;
  int buffers = 1;
  std::int64_t partial_sums = 1;
};

RankWork LargestWork(const JobSpec& spec, std::int64_t train_samples, int workers) {
  const ShardPlanner planner(MakeShardPlan(spec, train_samples));
  const CanonicalTree tree = TreeOf(spec, train_samples, workers);
  RankWork most;
  for (int rank = 0; rank < workers; ++rank) {
    const AccumulationPlan plan = AccumulationPlan::For(tree, rank);
    std::int64_t samples = 0, additions = 0;
    for (const AccumulationPlan::LeafPlan& leaf : plan.leaves) {
      samples += planner.PositionsOf(0, leaf.leaf).size();
      additions += static_cast<std::int64_t>(leaf.additions_after.size());
    }
    const auto sums = static_cast<std::int64_t>(tree.PartialSumsOf(rank).size());
    most = {.samples = std::max(most.samples, samples),
            .leaves = std::max(most.leaves, static_cast<std::int64_t>(plan.leaves.size())),
            .additions = std::max(most.additions, additions),
            .buffers = std::max(most.buffers, plan.buffer_count),
            .partial_sums = std::max(most.partial_sums, sums)};
  }
  return most;
}

PlanExplanation ExplainPlan(std::string name, std::int64_t samples, const Plan& plan,
                            const MachineRates& rates) {
  PlanExplanation explained{.name = std::move(name), .samples = samples, .cost = plan.cost()};
  for (const PlanStep& step : plan.steps()) {
    const double seconds = PredictSeconds(rates, step.flops, step.bytes_moved);
    explained.seconds += seconds;
    explained.steps.push_back(
        {std::string(step.op), step.text, step.flops, step.bytes_moved, seconds});
  }
  return explained;
}

// Sent by a worker with k partial sums of M bytes: (1 + k) M (N - 1) / N (docs/numerics.md). It
// adds them up itself before MPI adds.
double ExchangedBytes(const RankWork& work, ReductionKind reduction, double gradient_bytes,
                      int workers) {
  const std::int64_t sums = reduction == ReductionKind::kFastest ? 1 : work.partial_sums;
  return static_cast<double>(1 + sums) * gradient_bytes * (workers - 1) / workers;
}

// Everything but the plans passes over whole arenas, which no cache holds. A sum of two arrays
// moves three, the norms of a leaf read one.
StepTimes PredictStep(const Explanation& explanation, const RankWork& work, double arena_bytes,
                      std::size_t moments) {
  const double memory = explanation.rates.memory_bytes;
  const PlanExplanation& training = explanation.plans[0];
  const double norms = work.leaves > 1 ? static_cast<double>(work.leaves) : 0;
  return {.plans = training.seconds * static_cast<double>(work.samples) /
                   static_cast<double>(training.samples),
          .additions = (3 * static_cast<double>(work.additions) + norms) * arena_bytes / memory,
          .exchange = explanation.exchanged_bytes / memory,
          // Gradients are read, weights and moments read and written.
          .update = static_cast<double>(3 + 2 * moments) * arena_bytes / memory};
}

}  // namespace

std::int64_t MemoryExplanation::Total() const {
  return parameters + optimizer + gradients + training_activations + evaluation_activations +
         checkpoint;
}

CanonicalTree TreeOf(const JobSpec& spec, std::int64_t train_samples, int workers) {
  const ShardPlanner planner(MakeShardPlan(spec, train_samples));
  std::vector<bool> is_present;
  for (std::int64_t leaf = 0; leaf < spec.batch.logical_workers; ++leaf)
    is_present.push_back(planner.PositionsOf(0, leaf).size() > 0);
  return CanonicalTree(std::move(is_present), workers);
}

Result<Explanation> Explain(const JobSpec& spec, const Datasets& datasets, int workers,
                            const MachineRates& rates) {
  ThreadPool pool(spec.workers.threads);
  const SampleFormat format = datasets.train->format();
  Explanation explanation{.workers = workers,
                          .threads = spec.workers.threads,
                          .train_samples = datasets.train->sample_count(),
                          .rates = rates};
  DESCENT_ASSIGN(PlanCache plans, PlanCache::Create(spec.model, format, pool));
  const ParameterLayout& layout = plans.layout();
  const RankWork work = LargestWork(spec, explanation.train_samples, workers);
  const std::size_t moments =
      MakeOptimizer(spec.optimizer)->MomentNames().size() + (spec.ema ? 1 : 0);
  const std::int64_t arena_bytes = 4 * layout.element_count;
  const std::int64_t part =
      PartOf(GlobalBatchOf(spec.batch, explanation.train_samples), spec.batch.logical_workers, 0)
          .size();
  const std::int64_t micro = std::min(spec.batch.micro, part);
  const std::int64_t block = EvaluationBlockSize(format);

  DESCENT_ASSIGN(const Plan* const training, plans.PlanFor(PlanKind::kTrainWrite, micro));
  DESCENT_ASSIGN(const Plan* const evaluation, plans.PlanFor(PlanKind::kEvaluate, block));
  explanation.plans = {ExplainPlan("training", micro, *training, rates),
                       ExplainPlan("evaluation", block, *evaluation, rates)};
  explanation.parameter_count = plans.parameter_count();
  explanation.groups = GroupsOf(layout);
  explanation.layout = layout;
  explanation.gradient_writers.assign(training->gradient_writers().begin(),
                                      training->gradient_writers().end());
  for (std::size_t i = 0; i < layout.buckets.size(); ++i)
    explanation.buckets.push_back(
        {4 * layout.buckets[i].size(), training->bucket_ready_after()[i]});

  // A sharded update reads one set of arenas and writes another.
  const int sets = spec.update == UpdateKind::kSharded && workers > 1 ? 2 : 1;
  const int training_plans = part > micro ? 2 : 1;
  explanation.memory = {.parameters = sets * arena_bytes,
                        .optimizer = sets * static_cast<std::int64_t>(moments) * arena_bytes,
                        .gradients = work.buffers * arena_bytes,
                        .gradient_buffers = work.buffers,
                        .training_activations = training_plans * training->cost().activation_bytes,
                        .evaluation_activations = evaluation->cost().activation_bytes,
                        .checkpoint = static_cast<std::int64_t>(1 + moments) * arena_bytes};
  explanation.exchanged_bytes =
      ExchangedBytes(work, spec.reduction, static_cast<double>(arena_bytes), workers);
  explanation.step = PredictStep(explanation, work, static_cast<double>(arena_bytes), moments);
  return explanation;
}

}  // namespace descent
