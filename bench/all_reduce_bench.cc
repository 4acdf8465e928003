#include <benchmark/benchmark.h>

#include <thread>
#include <vector>

#include "worker/collective/add_elements.h"
#include "worker/collective/in_process_collective.h"

namespace descent {
namespace {

// The memory's own pace: one addition reads two arrays and writes one.
void BM_AddElements(benchmark::State& state) {
  const std::vector<float> source(static_cast<std::size_t>(state.range(0)), 1.0f);
  std::vector<float> target(source.size());
  for ([[maybe_unused]] auto _ : state) {
    AddElements(target, source, target);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 12);
}
BENCHMARK(BM_AddElements)->RangeMultiplier(16)->Range(1 << 12, 1 << 24);

void ReduceOnRank(InProcessGroup& group, int rank, std::size_t size, std::int64_t repetitions) {
  const auto collective = MakeInProcessCollective(group, rank);
  const CanonicalTree tree(std::vector<bool>(8, true), group.world_size());
  std::vector<float> values(size, 1.0f);
  const std::vector<const float*> partial_sums(tree.PartialSumsOf(rank).size(), values.data());
  std::vector<float> sum(size);
  for (std::int64_t i = 0; i < repetitions; ++i)
    if (!collective->AllReduce(tree, partial_sums, SumTarget::To(sum)).ok()) return;
}

// Ranks as threads. Each iteration is 20 reductions, so that starting the threads does not count.
void BM_InProcessAllReduce(benchmark::State& state) {
  constexpr std::int64_t kRepetitions = 20;
  const auto world_size = static_cast<int>(state.range(0));
  const auto size = static_cast<std::size_t>(state.range(1));
  for ([[maybe_unused]] auto _ : state) {
    InProcessGroup group(world_size);
    std::vector<std::thread> ranks;
    ranks.reserve(static_cast<std::size_t>(world_size));
    for (int rank = 0; rank < world_size; ++rank)
      ranks.emplace_back([&, rank] { ReduceOnRank(group, rank, size, kRepetitions); });
    for (std::thread& rank : ranks) rank.join();
  }
  state.SetBytesProcessed(state.iterations() * kRepetitions * state.range(1) * 4);
}
BENCHMARK(BM_InProcessAllReduce)
    ->ArgsProduct({{1, 2, 3, 4}, {1 << 10, 1 << 16, 1 << 20}})
    ->UseRealTime();

}  // namespace
}  // namespace descent
