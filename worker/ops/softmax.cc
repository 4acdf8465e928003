#include <numeric>

#include "worker/ops/axes.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/reduce_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Status ExpectAnAxis(const TensorType& x) { return ExpectAxis(x, "x", 0); }

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectAnAxis(inputs[0]));
  return InferLikeOnly(inputs, attributes);
}

Result<std::vector<TensorType>> InferGradient(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectAnAxis(inputs[0]));
  return InferLikeBoth(inputs, attributes);
}

template <const OpDef& (*gradient_op)()>
std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  return {graph.Apply(gradient_op(), {output_gradients[0], node.outputs[0]}).value()};
}

constexpr OpDef Forward(std::string_view name, decltype(OpDef::gradient) gradient) {
  return {.name = name,
          .infer = Infer,
          .gradient = gradient,
          .flops = FlopsPerElement<5>,
          .sample = SampleOne,
          .in_place_input = 0};
}

constexpr OpDef Backward(std::string_view name) {
  return {.name = name,
          .infer = InferGradient,
          .flops = FlopsPerElement<4>,
          .sample = SampleTwo,
          .in_place_input = 0};
}

// The op along its last axis; another axis changes places with that, and back.
Result<ValueId> Along(Graph& graph, const OpDef& op, ValueId x, std::int64_t axis) {
  axis = FromFirst(graph, x, axis);
  DESCENT_RETURN_IF_ERROR(ExpectAxis(graph.value(x).type, "x", axis));
  Shape exchange(graph.value(x).type.shape.size());
  std::iota(exchange.begin(), exchange.end(), 0);
  if (axis == exchange.back()) return graph.Apply(op, {x});
  std::swap(exchange[static_cast<std::size_t>(axis)], exchange.back());
  DESCENT_ASSIGN(const ValueId rows, Transpose(graph, x, exchange));
  DESCENT_ASSIGN(const ValueId y, graph.Apply(op, {rows}));
  return Transpose(graph, y, exchange);
}

}  // namespace

const OpDef& SoftmaxGradientOp() {
  static constexpr OpDef kOp = Backward("softmax_gradient");
  return kOp;
}

const OpDef& LogSoftmaxGradientOp() {
  static constexpr OpDef kOp = Backward("log_softmax_gradient");
  return kOp;
}

const OpDef& SoftmaxOp() {
  static constexpr OpDef kOp = Forward("softmax", Gradient<SoftmaxGradientOp>);
  return kOp;
}

const OpDef& LogSoftmaxOp() {
  static constexpr OpDef kOp = Forward("log_softmax", Gradient<LogSoftmaxGradientOp>);
  return kOp;
}

Result<ValueId> Softmax(Graph& graph, ValueId x, std::int64_t axis) {
  return Along(graph, SoftmaxOp(), x, axis);
}

Result<ValueId> LogSoftmax(Graph& graph, ValueId x, std::int64_t axis) {
  return Along(graph, LogSoftmaxOp(), x, axis);
}

}  // namespace descent
