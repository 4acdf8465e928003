#include "worker/explain/machine_rates.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "common/aligned_buffer.h"
#include "common/clock.h"
#include "worker/kernels/kernel.h"
#include "worker/kernels/widened_step.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

constexpr double kMatrixIntensity = 4;   // FLOP for each byte: a matrix product of 48 or more
constexpr double kCacheBytes = 4 << 20;  // up to here operands are still in a cache from before

constexpr double kMeasureSeconds = 0.05;
constexpr int kRunsMin = 3;

// What is measured: an op on operands of these shapes, stored as the type says.
struct MeasuredNode {
  const OpDef& op;
  std::vector<Shape> shapes;
  Attributes attributes = {};
  DataType stored_as = DataType::kFloat32;
};

// The shortest time of the node.
Result<double> MeasureNode(const MeasuredNode& node, ThreadPool& pool) {
  Graph graph;
  std::vector<ValueId> inputs;
  std::vector<AlignedBuffer> memory;
  for (const Shape& shape : node.shapes) {
    inputs.push_back(graph.AddInput("operand", {DataType::kFloat32, shape}));
    std::ranges::fill(memory.emplace_back(ElementCount(shape)).span(), 0.5f);
  }
  DESCENT_ASSIGN(const ValueId output, graph.Apply(node.op, inputs, node.attributes));
  memory.emplace_back(ElementCount(graph.value(output).type.shape));
  Graph stored = graph;
  for (const ValueId input : inputs) stored.StoreAs(input, node.stored_as);
  WideningScratch scratch;
  DESCENT_ASSIGN(
      const std::unique_ptr<Step> step,
      PrepareOnStored(*FindKernel(node.op.name),
                      {graph, graph.nodes()[0], OutputMode::kWrite, pool}, stored, scratch));
  std::vector<const void*> operands;
  for (std::size_t i = 0; i < inputs.size(); ++i) operands.push_back(memory[i].span().data());
  const std::vector<void*> results = {memory.back().span().data()};

  step->Run({operands, results});  // takes the page faults
  double shortest = std::numeric_limits<double>::infinity();
  const MonotonicTime start = MonotonicNow();
  for (int i = 0; i < kRunsMin || SecondsBetween(start, MonotonicNow()) < kMeasureSeconds; ++i) {
    const MonotonicTime before = MonotonicNow();
    step->Run({operands, results});
    shortest = std::min(shortest, SecondsBetween(before, MonotonicNow()));
  }
  return std::max(shortest, 1e-9);
}

// Bytes a second of a sum of two arrays.
Result<double> MeasureTraffic(std::int64_t elements, ThreadPool& pool) {
  DESCENT_ASSIGN(const double seconds, MeasureNode({AddOp(), {{elements}, {elements}}}, pool));
  return 3 * sizeof(float) * static_cast<double>(elements) / seconds;
}

Result<double> MeasureProduct(std::int64_t size, DataType operands, ThreadPool& pool) {
  return MeasureNode(
      {.op = MatMulOp(),
       .shapes = {{size, size}, {size, size}},
       .attributes = {{"transpose_a", std::int64_t{0}}, {"transpose_b", std::int64_t{0}}},
       .stored_as = operands},
      pool);
}

}  // namespace

Result<MachineRates> MeasureMachine(Precision precision, ThreadPool& pool) {
  constexpr std::int64_t kSize = 512;
  const DataType operands =
      precision == Precision::kBFloat16 ? DataType::kBFloat16 : DataType::kFloat32;
  MachineRates rates;
  DESCENT_ASSIGN(const double product, MeasureProduct(kSize, operands, pool));
  rates.matrix_flops = 2.0 * kSize * kSize * kSize / product;
  const TensorType elements{DataType::kFloat32, {1 << 16}};
  DESCENT_ASSIGN(const double gelu, MeasureNode({GeluOp(), {elements.shape}}, pool));
  rates.element_flops = GeluOp().flops({&elements, 1}, {&elements, 1}, {}) / gelu;
  DESCENT_ASSIGN(rates.cache_bytes, MeasureTraffic(1 << 16, pool));
  DESCENT_ASSIGN(rates.memory_bytes, MeasureTraffic(1 << 24, pool));
  DESCENT_ASSIGN(rates.step_seconds, MeasureNode({AddOp(), {{1}, {1}}}, pool));
  return rates;
}

double PredictSeconds(const MachineRates& rates, double flops, double bytes) {
  const bool is_product = flops > kMatrixIntensity * bytes;
  const double arithmetic = flops / (is_product ? rates.matrix_flops : rates.element_flops);
  const double traffic = bytes / (bytes > kCacheBytes ? rates.memory_bytes : rates.cache_bytes);
  return rates.step_seconds + std::max(arithmetic, traffic);
}

}  // namespace descent
