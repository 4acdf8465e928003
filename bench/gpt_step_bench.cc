#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "common/aligned_buffer.h"
#include "worker/graph/sample_source.h"
#include "worker/kernels/thread_pool.h"
#include "worker/models/model.h"
#include "worker/optim/adam.h"
#include "worker/optim/arena_update.h"
#include "worker/plan/plan.h"

namespace descent {
namespace {

std::vector<std::int32_t> DrawTokens(std::int64_t count, std::int64_t vocabulary) {
  const SampledTensor drawn = SampleSource(7).Labels(count, vocabulary);
  return {drawn.values.begin(), drawn.values.end()};
}

// One training step of a model of characters on one rank: forward, backward and update, without
// reading samples and without other ranks. FLOPs are those of the plan.
void TrainGpt(benchmark::State& state, const GptSpec& spec, std::int64_t rows) {
  constexpr std::int64_t kVocabulary = 65;
  const std::int64_t labels_per_sample = spec.context_length;
  ModelSpec model;
  model.architecture = spec;
  const Graph graph = BuildModel(model,
                                 {.token_count = spec.context_length,
                                  .label_count = labels_per_sample,
                                  .class_count = kVocabulary},
                                 rows)
                          .value();
  const ParameterLayout layout = MakeParameterLayout(graph);
  ThreadPool pool(static_cast<int>(state.range(0)));
  const auto plan = Plan::Compile(graph, layout, PlanKind::kTrainWrite, pool).value();
  const ArenaUpdate update(std::make_unique<Adam>(AdamOptions()),
                           {{{0, layout.element_count}, UpdateRule{.weight_decay = 0.1}}});
  AlignedBuffer weights(layout.element_count), gradients(layout.element_count);
  AlignedBuffer mean(layout.element_count), variance(layout.element_count);
  InitializeParameters(graph, layout, /*seed=*/1, weights.span());
  const auto tokens = DrawTokens(rows * spec.context_length, kVocabulary);
  std::vector<float> losses(static_cast<std::size_t>(rows)), correct(losses.size());
  const StateArenas arenas{weights.span(), {mean.span(), variance.span()}};
  std::int64_t step = 0;
  for ([[maybe_unused]] auto _ : state) {
    plan->Run({.tokens = tokens,
               .labels = tokens,
               .parameters = weights.span(),
               .gradients = gradients.span(),
               .losses = losses,
               .correct = correct,
               .step = step++,
               .on_bucket_ready = {}});
    update.UpdateRange(
        {.number = step, .learning_rate = 1e-4, .grad_scale = 1 / static_cast<double>(rows)},
        {0, layout.element_count}, gradients.span(), arenas, arenas);
  }
  state.counters["FLOP/s"] =
      benchmark::Counter(plan->cost().flops, benchmark::Counter::kIsIterationInvariantRate);
}

void BM_CharGptStep(benchmark::State& state) {
  TrainGpt(state, {.layers = 4, .heads = 4, .embedding_size = 128, .context_length = 64}, 12);
}
BENCHMARK(BM_CharGptStep)->Arg(1)->Arg(2)->ArgName("threads")->Unit(benchmark::kMillisecond);

void BM_CharGptStepWithDropout(benchmark::State& state) {
  TrainGpt(state,
           {.layers = 4, .heads = 4, .embedding_size = 128, .context_length = 64, .dropout = 0.1},
           12);
}
BENCHMARK(BM_CharGptStepWithDropout)
    ->Arg(1)
    ->Arg(2)
    ->ArgName("threads")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace descent
