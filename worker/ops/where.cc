#include "worker/ops/broadcast.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 3));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "condition", DataType::kInt32));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "a", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[2], "b", DataType::kFloat32));
  DESCENT_ASSIGN(const Shape values, BroadcastShape(inputs[1].shape, inputs[2].shape));
  DESCENT_ASSIGN(Shape shape, BroadcastShape(inputs[0].shape, values));
  return std::vector{TensorType{DataType::kFloat32, std::move(shape)}};
}

// What flows in goes to the operand that was chosen, and zero to the other.
std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  const ValueId condition = node.inputs[0], dy = output_gradients[0];
  const Shape a = graph.value(node.inputs[1]).type.shape;
  const Shape b = graph.value(node.inputs[2]).type.shape;
  const ValueId zero = Fill(graph, {}, 0).value();
  const ValueId da = Where(graph, condition, dy, zero).value();
  const ValueId db = Where(graph, condition, zero, dy).value();
  return {ValueId(), SumTo(graph, da, a), SumTo(graph, db, b)};
}

OpSample Sample(SampleSource& source) {
  const Shape shape = SampleShape(source);
  const Shape of_condition = SampleRepeatable(shape, source);
  SampledTensor condition = source.Labels(ElementCount(of_condition), 2);
  condition.type.shape = of_condition;
  SampledTensor a = source.Reals(SampleRepeatable(shape, source));
  SampledTensor b = source.Reals(SampleRepeatable(shape, source));
  return {{std::move(condition), std::move(a), std::move(b)}, {}};
}

}  // namespace

const OpDef& WhereOp() {
  static constexpr OpDef kOp = {.name = "where",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<0>,
                                .sample = Sample,
                                .in_place_input = 1};
  return kOp;
}

Result<ValueId> Where(Graph& graph, ValueId condition, ValueId a, ValueId b) {
  return graph.Apply(WhereOp(), {condition, a, b});
}

}  // namespace descent
