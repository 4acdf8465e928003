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

// GPT-2 of 124 M parameters on four samples.
void BM_Gpt2Step(benchmark::State& state, Precision precision) {
  TrainStepBench bench{.model = {.precision = precision},
                       .format = {.token_count = state.range(1),
                                  .label_count = state.range(1),
                                  .class_count = 50257},
                       .rows = 4};
  bench.model.architecture =
      GptSpec{.layers = 12, .heads = 12, .embedding_size = 768, .context_length = state.range(1)};
  TimeTrainSteps(state, bench);
}
BENCHMARK_CAPTURE(BM_Gpt2Step, f32, Precision::kFloat32)
    ->ArgsProduct({{2}, {64, 256}})
    ->ArgNames({"threads", "tokens"})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Gpt2Step, bf16, Precision::kBFloat16)
    ->ArgsProduct({{2}, {64, 256}})
    ->ArgNames({"threads", "tokens"})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace descent
