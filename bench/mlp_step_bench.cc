#include "bench/train_step.h"

namespace descent {
namespace {

// 784-512-512-10, as for images of 28 x 28; the second argument is the batch.
void BM_MlpStep(benchmark::State& state) {
  TrainStepBench bench{
      .model = {}, .format = {.feature_count = 784, .class_count = 10}, .rows = state.range(1)};
  bench.model.architecture = MlpSpec{.hidden_sizes = {512, 512}};
  TimeTrainSteps(state, bench);
}
BENCHMARK(BM_MlpStep)
    ->ArgsProduct({{1, 2}, {32, 128}})
    ->ArgNames({"threads", "batch"})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

}  // namespace
}  // namespace descent
