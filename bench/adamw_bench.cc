#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "common/aligned_buffer.h"
#include "worker/optim/adam.h"
#include "worker/optim/arena_update.h"
#include "worker/optim/clip.h"

namespace descent {
namespace {

// One pass moves 28 bytes a weight: reads g, w, m, v and writes w, m, v.
void UpdateAgainAndAgain(benchmark::State& state, const StateArenas& from, const StateArenas& to) {
  const ArenaUpdate update(std::make_unique<Adam>(AdamOptions()),
                           {{{0, state.range(0)}, UpdateRule{.weight_decay = 0.01}}});
  const std::vector<float> grads(static_cast<std::size_t>(state.range(0)), 0.01f);
  const UpdateStep step = {.number = 1, .learning_rate = 1e-4};
  for ([[maybe_unused]] auto _ : state) {
    update.UpdateRange(step, {0, state.range(0)}, grads, from, to);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * 28);
}

struct Arenas {
  explicit Arenas(std::int64_t size)
      : weights(size),
        mean(size),
        variance(size),
        views{weights.span(), {mean.span(), variance.span()}} {}
  AlignedBuffer weights;
  AlignedBuffer mean;
  AlignedBuffer variance;
  StateArenas views;
};

void BM_AdamWStep(benchmark::State& state) {
  const Arenas arenas(state.range(0));
  UpdateAgainAndAgain(state, arenas.views, arenas.views);
}
BENCHMARK(BM_AdamWStep)->RangeMultiplier(16)->Range(1 << 12, 1 << 24);

void BM_AdamWStepElsewhere(benchmark::State& state) {
  const Arenas from(state.range(0));
  const Arenas to(state.range(0));
  UpdateAgainAndAgain(state, from.views, to.views);
}
BENCHMARK(BM_AdamWStepElsewhere)->RangeMultiplier(16)->Range(1 << 12, 1 << 24);

void BM_GlobalNorm(benchmark::State& state) {
  const std::vector<float> grads(static_cast<std::size_t>(state.range(0)), 0.01f);
  std::vector<double> sums(static_cast<std::size_t>(NormBlockCount(state.range(0))));
  for ([[maybe_unused]] auto _ : state) {
    SumSquaresOfBlocks(grads, sums);
    benchmark::DoNotOptimize(NormOfBlocks(sums));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}
BENCHMARK(BM_GlobalNorm)->RangeMultiplier(16)->Range(1 << 12, 1 << 24);

}  // namespace
}  // namespace descent
