#include "bench/train_step.h"

#include <memory>
#include <vector>

#include "common/aligned_buffer.h"
#include "common/shard_planner.h"
#include "worker/graph/sample_source.h"
#include "worker/kernels/thread_pool.h"
#include "worker/models/model.h"
#include "worker/optim/adam.h"
#include "worker/optim/arena_update.h"
#include "worker/plan/plan.h"

namespace descent {
namespace {

// Elements that a thread updates at a time, about as many as a worker's threads do.
constexpr std::int64_t kUpdateChunk = std::int64_t{1} << 15;

// Samples of a format, the same in every step.
struct DrawnBatch {
  std::vector<float> features;
  std::vector<std::int32_t> tokens, labels;
};

template <typename T>
std::vector<T> ValuesOf(const SampledTensor& drawn) {
  return {drawn.values.begin(), drawn.values.end()};
}

DrawnBatch DrawBatch(const SampleFormat& format, std::int64_t rows) {
  SampleSource source(7);
  return {.features = ValuesOf<float>(source.Reals({rows, format.feature_count})),
          .tokens =
              ValuesOf<std::int32_t>(source.Labels(rows * format.token_count, format.class_count)),
          .labels =
              ValuesOf<std::int32_t>(source.Labels(rows * format.label_count, format.class_count))};
}

}  // namespace

void TimeTrainSteps(benchmark::State& state, const TrainStepBench& bench) {
  const Graph graph = BuildModel(bench.model, bench.format, bench.rows).value();
  const ParameterLayout layout = MakeParameterLayout(graph);
  ThreadPool pool(static_cast<int>(state.range(0)));
  const auto plan = Plan::Compile(graph, layout, PlanKind::kTrainWrite, pool,
                                  {.precision = bench.model.precision})
                        .value();
  const ArenaUpdate update(std::make_unique<Adam>(AdamOptions()),
                           {{{0, layout.element_count}, UpdateRule{.weight_decay = 0.1}}});
  AlignedBuffer weights(layout.element_count), gradients(layout.element_count);
  AlignedBuffer mean(layout.element_count), variance(layout.element_count);
  InitializeParameters(graph, layout, /*seed=*/1, weights.span());
  const DrawnBatch batch = DrawBatch(bench.format, bench.rows);
  std::vector<float> losses(static_cast<std::size_t>(bench.rows)), correct(losses.size());
  const StateArenas arenas{
      .weights = weights.span(), .moments = {mean.span(), variance.span()}, .average = {}};
  const std::int64_t chunks = layout.element_count / kUpdateChunk + 1;
  std::int64_t step = 0;
  for ([[maybe_unused]] auto _ : state) {
    plan->Run({.features = batch.features,
               .tokens = batch.tokens,
               .labels = batch.labels,
               .parameters = weights.span(),
               .gradients = gradients.span(),
               .losses = losses,
               .correct = correct,
               .step = step++,
               .on_bucket_ready = {}});
    const UpdateStep next{
        .number = step, .learning_rate = 1e-4, .grad_scale = 1 / static_cast<double>(bench.rows)};
    pool.ParallelFor(chunks, [&](std::int64_t chunk, int) {
      const IndexRange part = PartOf(layout.element_count, chunks, chunk);
      update.UpdateRange(next, part,
                         gradients.span().subspan(static_cast<std::size_t>(part.first),
                                                  static_cast<std::size_t>(part.size())),
                         arenas, arenas);
    });
  }
  state.counters["FLOP/s"] =
      benchmark::Counter(plan->cost().flops, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace descent
