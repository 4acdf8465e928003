#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/aligned_buffer.h"
#include "worker/optim/arena_update.h"
#include "worker/optim/clip.h"

namespace descent {
namespace {

enum class Target { kInPlace, kElsewhere };
enum class Average { kNone, kKept };

// Arenas with memory of their own.
class OwnedArenas {
 public:
  OwnedArenas(std::int64_t size, std::size_t moment_count, Average average) {
    views_.weights = buffers_.emplace_back(size).span();
    for (std::size_t m = 0; m < moment_count; ++m)
      views_.moments.push_back(buffers_.emplace_back(size).span());
    if (average == Average::kKept) views_.average = buffers_.emplace_back(size).span();
  }
  const StateArenas& views() const { return views_; }

 private:
  std::vector<AlignedBuffer> buffers_;
  StateArenas views_;
};

// One pass reads the gradients, and reads and writes everything else.
void Update(benchmark::State& state, const OptimizerSpec& spec, Target target, Average average) {
  const std::int64_t size = state.range(0);
  const ArenaUpdate update(MakeOptimizer(spec), {{{0, size}, {.weight_decay = 0.01}}});
  const std::size_t moment_count = update.MomentNames().size();
  const OwnedArenas from(size, moment_count, average);
  const OwnedArenas elsewhere(target == Target::kElsewhere ? size : 0, moment_count, average);
  const StateArenas& to = target == Target::kElsewhere ? elsewhere.views() : from.views();
  const std::vector<float> grads(static_cast<std::size_t>(size), 0.01f);
  const UpdateStep step = {.number = 2, .learning_rate = 1e-4, .average_rate = 1e-3};
  for ([[maybe_unused]] auto _ : state) {
    update.UpdateRange(step, {0, size}, grads, from.views(), to);
    benchmark::ClobberMemory();
  }
  const std::size_t kept = 1 + moment_count + (average == Average::kKept ? 1 : 0);
  state.SetItemsProcessed(state.iterations() * size);
  state.SetBytesProcessed(state.iterations() * size *
                          static_cast<std::int64_t>((1 + 2 * kept) * sizeof(float)));
}

void RegisterUpdates() {
  const std::vector<std::pair<std::string, OptimizerSpec>> optimizers = {
      {"AdamW", {.algorithm = AdamWSpec{}}},
      {"Adam", {.algorithm = AdamSpec{}}},
      {"Sgd", {.algorithm = SgdSpec{}}},
      {"SgdWithMomentum", {.algorithm = SgdSpec{.momentum = 0.9}}},
      {"SgdWithNesterov", {.algorithm = SgdSpec{.momentum = 0.9, .nesterov = true}}},
      {"Lion", {.algorithm = LionSpec{}}}};
  const auto add = [](const std::string& name, const OptimizerSpec& spec, Target target,
                      Average average) {
    benchmark::RegisterBenchmark(
        name.c_str(), [=](benchmark::State& state) { Update(state, spec, target, average); })
        ->RangeMultiplier(64)
        ->Range(1 << 12, 1 << 24);
  };
  for (const auto& [name, spec] : optimizers) {
    add(name, spec, Target::kInPlace, Average::kNone);
    add(name + "Elsewhere", spec, Target::kElsewhere, Average::kNone);
    add(name + "WithAverage", spec, Target::kInPlace, Average::kKept);
  }
}

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

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  descent::RegisterUpdates();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
