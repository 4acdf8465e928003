#include "bench/train_step.h"

namespace descent {
namespace {

// A model of characters.
void TimeGpt(benchmark::State& state, const GptSpec& spec, std::int64_t rows) {
  TrainStepBench bench{.model = {},
                       .format = {.token_count = spec.context_length,
                                  .label_count = spec.context_length,
                                  .class_count = 65},
                       .rows = rows};
  bench.model.architecture = spec;
  TimeTrainSteps(state, bench);
}

void BM_CharGptStep(benchmark::State& state) {
  TimeGpt(state, {.layers = 4, .heads = 4, .embedding_size = 128, .context_length = 64}, 12);
}
BENCHMARK(BM_CharGptStep)->Arg(1)->Arg(2)->ArgName("threads")->Unit(benchmark::kMillisecond);

void BM_CharGptStepWithDropout(benchmark::State& state) {
  TimeGpt(state,
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
