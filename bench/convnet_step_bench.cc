#include "bench/train_step.h"

namespace descent {
namespace {

// The format of images in 10 classes.
SampleFormat ImagesOf(const ImageShape& shape) {
  return {.feature_count = shape.channels * shape.height * shape.width,
          .class_count = 10,
          .image = shape};
}

void TimeConvnet(benchmark::State& state, bool has_batch_norm) {
  TrainStepBench bench{.model = {}, .format = ImagesOf({1, 28, 28}), .rows = 128};
  bench.model.architecture =
      ConvnetSpec{.layers = {{.channels = 32, .pool = 2}, {.channels = 64, .pool = 2}},
                  .hidden_sizes = {},
                  .batch_norm = has_batch_norm};
  TimeTrainSteps(state, bench);
}

// Two convolutions and a linear layer on 28 x 28.
void BM_ConvnetStep(benchmark::State& state) { TimeConvnet(state, false); }
BENCHMARK(BM_ConvnetStep)
    ->Arg(1)
    ->Arg(2)
    ->ArgName("threads")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_ConvnetWithBatchNormStep(benchmark::State& state) { TimeConvnet(state, true); }
BENCHMARK(BM_ConvnetWithBatchNormStep)
    ->Arg(1)
    ->Arg(2)
    ->ArgName("threads")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// On 32 x 32, with the stem for small images.
void BM_Resnet18Step(benchmark::State& state) {
  TrainStepBench bench{.model = {}, .format = ImagesOf({3, 32, 32}), .rows = 64};
  bench.model.architecture = ResnetSpec{.depth = 18};
  TimeTrainSteps(state, bench);
}
BENCHMARK(BM_Resnet18Step)
    ->Arg(1)
    ->Arg(2)
    ->ArgName("threads")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace descent
