#include <benchmark/benchmark.h>

#include <vector>

#include "worker/optim/adamw.h"
#include "worker/optim/clip.h"

namespace descent {
namespace {

// One pass moves 28 bytes a weight: reads g, w, m, v and writes w, m, v.
void BM_AdamWStep(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  AdamW optimizer({.weight_decay = 0.01}, state.range(0), {});
  const std::vector<float> grads(size, 0.01f);
  std::vector<float> weights(size, 1.0f);
  for ([[maybe_unused]] auto _ : state) {
    optimizer.Step(1e-4, 1, grads, weights);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * 28);
}
BENCHMARK(BM_AdamWStep)->RangeMultiplier(16)->Range(1 << 12, 1 << 24);

void BM_GlobalNorm(benchmark::State& state) {
  const std::vector<float> grads(static_cast<std::size_t>(state.range(0)), 0.01f);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(GlobalNorm(grads));
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}
BENCHMARK(BM_GlobalNorm)->RangeMultiplier(16)->Range(1 << 12, 1 << 24);

}  // namespace
}  // namespace descent
