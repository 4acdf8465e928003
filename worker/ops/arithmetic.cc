#include <cmath>

#include "worker/ops/broadcast.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "the first operand", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "the second operand", DataType::kFloat32));
  DESCENT_ASSIGN(Shape shape, BroadcastShape(inputs[0].shape, inputs[1].shape));
  return std::vector{TensorType{DataType::kFloat32, std::move(shape)}};
}

// The gradients of both operands as far as they are like dy, each added up to its operand's shape.
std::vector<ValueId> SumToOperands(Graph& graph, const Node& node, ValueId da, ValueId db) {
  const Shape a = graph.value(node.inputs[0]).type.shape;
  const Shape b = graph.value(node.inputs[1]).type.shape;
  return {SumTo(graph, da, a), SumTo(graph, db, b)};
}

ValueId Negated(Graph& graph, ValueId x) {
  return Mul(graph, x, Fill(graph, {}, -1).value()).value();
}

std::vector<ValueId> AddGradient(Graph& graph, const Node& node,
                                 std::span<const ValueId> output_gradients) {
  return SumToOperands(graph, node, output_gradients[0], output_gradients[0]);
}

std::vector<ValueId> SubGradient(Graph& graph, const Node& node,
                                 std::span<const ValueId> output_gradients) {
  std::vector<ValueId> gradients = AddGradient(graph, node, output_gradients);
  gradients[1] = Negated(graph, gradients[1]);
  return gradients;
}

std::vector<ValueId> MulGradient(Graph& graph, const Node& node,
                                 std::span<const ValueId> output_gradients) {
  const ValueId da = Mul(graph, output_gradients[0], node.inputs[1]).value();
  const ValueId db = Mul(graph, output_gradients[0], node.inputs[0]).value();
  return SumToOperands(graph, node, da, db);
}

// With y = a / b:  da = dy / b,  db = -da y.
std::vector<ValueId> DivGradient(Graph& graph, const Node& node,
                                 std::span<const ValueId> output_gradients) {
  const ValueId da = Div(graph, output_gradients[0], node.inputs[1]).value();
  const ValueId product = Mul(graph, da, node.outputs[0]).value();
  std::vector<ValueId> gradients = SumToOperands(graph, node, da, product);
  gradients[1] = Negated(graph, gradients[1]);
  return gradients;
}

double Flops(TensorTypes, TensorTypes outputs, const Attributes&) {
  return static_cast<double>(ElementCount(outputs[0].shape));
}

// Either operand, or both, or none is repeated.
OpSample Sample(SampleSource& source) {
  const Shape shape = SampleShape(source);
  SampledTensor a = source.Reals(SampleRepeatable(shape, source));
  SampledTensor b = source.Reals(SampleRepeatable(shape, source));
  return {{std::move(a), std::move(b)}, {}};
}

// The divisor is at least one from zero, near which the derivatives have no bound.
OpSample SampleQuotient(SampleSource& source) {
  OpSample sample = Sample(source);
  for (double& value : sample.inputs[1].values)
    value = static_cast<float>(value + std::copysign(1.0, value));
  return sample;
}

// About every other element agrees.
OpSample SampleEqual(SampleSource& source) {
  OpSample sample = Sample(source);
  for (SampledTensor& tensor : sample.inputs)
    for (double& value : tensor.values) value = value < 0 ? -1 : 1;
  return sample;
}

constexpr OpDef Arithmetic(std::string_view name, decltype(OpDef::gradient) gradient,
                           decltype(OpDef::sample) sample = Sample) {
  return {.name = name,
          .infer = Infer,
          .gradient = gradient,
          .flops = Flops,
          .sample = sample,
          .in_place_input = 0};
}

}  // namespace

const OpDef& AddOp() {
  static constexpr OpDef kOp = Arithmetic("add", AddGradient);
  return kOp;
}

const OpDef& SubOp() {
  static constexpr OpDef kOp = Arithmetic("sub", SubGradient);
  return kOp;
}

const OpDef& MulOp() {
  static constexpr OpDef kOp = Arithmetic("mul", MulGradient);
  return kOp;
}

const OpDef& DivOp() {
  static constexpr OpDef kOp = Arithmetic("div", DivGradient, SampleQuotient);
  return kOp;
}

const OpDef& EqualOp() {
  static constexpr OpDef kOp = Arithmetic("equal", nullptr, SampleEqual);
  return kOp;
}

Result<ValueId> Add(Graph& graph, ValueId a, ValueId b) { return graph.Apply(AddOp(), {a, b}); }
Result<ValueId> Sub(Graph& graph, ValueId a, ValueId b) { return graph.Apply(SubOp(), {a, b}); }
Result<ValueId> Mul(Graph& graph, ValueId a, ValueId b) { return graph.Apply(MulOp(), {a, b}); }
Result<ValueId> Div(Graph& graph, ValueId a, ValueId b) { return graph.Apply(DivOp(), {a, b}); }
Result<ValueId> Equal(Graph& graph, ValueId a, ValueId b) { return graph.Apply(EqualOp(), {a, b}); }

}  // namespace descent
