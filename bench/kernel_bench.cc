#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "worker/graph/graph.h"
#include "worker/kernels/kernel.h"
#include "worker/ops/image_ops.h"
#include "worker/ops/loss_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/transformer_ops.h"

// The kernels that the time of a training step goes to, alone, at the sizes of models that are
// compared in docs/results.md. FLOP/s by the op's own count; bytes are of its operands, each once.

namespace descent {
namespace {

struct KernelTiming {
  std::string name;
  const OpDef& op;
  std::vector<TensorType> inputs;
  Attributes attributes;
};

TensorType Reals(Shape shape) { return {DataType::kFloat32, std::move(shape)}; }

std::vector<float> Filled(const TensorType& type) {
  // A label is 0, and a real number is neither 0 nor so small that it costs more.
  const float value = type.type == DataType::kInt32 ? 0.0f : 0.5f;
  return std::vector<float>(static_cast<std::size_t>(ElementCount(type.shape)), value);
}

void TimeKernel(benchmark::State& state, const KernelTiming& timing) {
  Graph graph;
  std::vector<ValueId> ids;
  for (const TensorType& type : timing.inputs) ids.push_back(graph.AddInput("input", type));
  const bool is_node = graph.AddNode(timing.op, ids, timing.attributes).ok();
  if (!is_node) return state.SkipWithError("the op refuses these operands");
  const Node& node = graph.nodes()[0];

  ThreadPool pool(static_cast<int>(state.range(0)));
  const auto step =
      FindKernel(node.op->name)->prepare({graph, node, OutputMode::kWrite, pool}).value();
  std::vector<std::vector<float>> memory;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (const ValueId id : node.inputs)
    inputs.push_back(memory.emplace_back(Filled(graph.value(id).type)).data());
  for (const ValueId id : node.outputs)
    outputs.push_back(memory.emplace_back(Filled(graph.value(id).type)).data());
  for ([[maybe_unused]] auto _ : state) step->Run({.inputs = inputs, .outputs = outputs});

  double bytes = 0;
  for (const std::vector<float>& operand : memory)
    bytes += static_cast<double>(operand.size() * sizeof(float));
  const double flops =
      timing.op.flops(graph.TypesOf(node.inputs), graph.TypesOf(node.outputs), node.attributes);
  state.counters["FLOP/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["B/s"] = benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate);
}

constexpr std::int64_t kRows = 1024;  // four samples of 256 tokens
constexpr std::int64_t kWidth = 768, kHeads = 12, kClasses = 50257;

KernelTiming MatMulTiming(const std::string& name, std::int64_t rows, std::int64_t inner,
                          std::int64_t columns) {
  return {name,
          MatMulOp(),
          {Reals({rows, inner}), Reals({columns, inner})},
          {{"transpose_a", std::int64_t{0}}, {"transpose_b", std::int64_t{1}}}};
}

std::vector<KernelTiming> TransformerTimings() {
  const Attributes heads = {{"heads", kHeads},
                            {"tokens", std::int64_t{256}},
                            {"probability", 0.0},
                            {"layer", std::int64_t{0}}};
  const TensorType rows = Reals({kRows, kWidth}), wide = Reals({kRows, 4 * kWidth});
  const TensorType gain = Reals({kWidth}), of_row = Reals({kRows});
  return {
      MatMulTiming("matmul/gpt2_qkv", kRows, kWidth, 3 * kWidth),
      MatMulTiming("matmul/gpt2_up", kRows, kWidth, 4 * kWidth),
      MatMulTiming("matmul/gpt2_down", kRows, 4 * kWidth, kWidth),
      MatMulTiming("matmul/mlp_batch_32", 32, 784, 512),
      MatMulTiming("matmul/mlp_batch_128", 128, 784, 512),
      {"causal_attention", CausalAttentionOp(), {Reals({kRows, 3 * kWidth})}, heads},
      {"causal_attention_gradient",
       CausalAttentionGradientOp(),
       {Reals({kRows, 3 * kWidth}), rows, Reals({kRows, kHeads}), rows},
       heads},
      {"layer_norm", LayerNormOp(), {rows, gain, gain}, {{"epsilon", 1e-5}}},
      {"layer_norm_gradient", LayerNormGradientOp(), {rows, rows, gain, of_row, of_row}, {}},
      {"gelu", GeluOp(), {wide}, {}},
      {"gelu_gradient", GeluGradientOp(), {wide, wide}, {}},
      {"add_bias", AddBiasOp(), {wide, Reals({4 * kWidth})}, {}},
      {"column_sum", ColumnSumOp(), {wide}, {}},
      {"softmax_cross_entropy",
       SoftmaxCrossEntropyOp(),
       {Reals({256, kClasses}), {DataType::kInt32, {256}}},
       {{"smoothing", 0.0}}},
  };
}

std::vector<KernelTiming> ImageTimings() {
  const Attributes window = {{"stride", Shape{1, 1}},
                             {"padding", Shape{1, 1}},
                             {"dilation", Shape{1, 1}},
                             {"groups", std::int64_t{1}}};
  const TensorType x = Reals({64, 64, 32, 32}), weight = Reals({64, 64, 3, 3});
  const Attributes pool = {{"kernel", Shape{2, 2}},
                           {"stride", Shape{2, 2}},
                           {"padding", Shape{0, 0}},
                           {"dilation", Shape{1, 1}}};
  const TensorType channel = Reals({64});
  return {
      {"conv2d", Conv2dOp(), {x, weight}, window},
      {"conv2d_input_gradient",
       Conv2dInputGradientOp(),
       {x, weight},
       window.And("plane", Shape{32, 32})},
      {"conv2d_weight_gradient",
       Conv2dWeightGradientOp(),
       {x, x},
       window.And("kernel", Shape{3, 3})},
      {"max_pool2d", MaxPool2dOp(), {x}, pool},
      {"max_pool2d_gradient", MaxPool2dGradientOp(), {Reals({64, 64, 16, 16}), x}, pool},
      {"batch_norm", BatchNormOp(), {x, channel, channel, channel, channel}, {{"epsilon", 1e-5}}},
      {"batch_norm_gradient", BatchNormGradientOp(), {x, x, channel, channel, channel}, {}},
  };
}

void RegisterTimings(const std::vector<KernelTiming>& timings) {
  for (const KernelTiming& timing : timings) {
    benchmark::RegisterBenchmark(timing.name.c_str(),
                                 [timing](benchmark::State& state) { TimeKernel(state, timing); })
        ->Arg(1)
        ->Arg(2)
        ->ArgName("threads")
        ->Unit(benchmark::kMicrosecond)
        ->UseRealTime();
  }
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  descent::RegisterTimings(descent::TransformerTimings());
  descent::RegisterTimings(descent::ImageTimings());
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
