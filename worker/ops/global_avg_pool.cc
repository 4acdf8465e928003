#include "worker/ops/window.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectImages(inputs[0], "x"));
  return std::vector{TensorType{DataType::kFloat32, {inputs[0].shape[0], inputs[0].shape[1]}}};
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  const Shape x = graph.value(node.inputs[0]).type.shape;
  return {
      graph.Apply(GlobalAvgPoolGradientOp(), {output_gradients[0]}, {{"plane", Shape{x[2], x[3]}}})
          .value()};
}

OpSample Sample(SampleSource& source) {
  return {{source.Reals({source.Integer(1, 3), source.Integer(1, 5), source.Integer(1, 9),
                         source.Integer(1, 9)})},
          {}};
}

Result<std::vector<TensorType>> InferGradient(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "dy", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "dy", 2));
  const Shape& plane = attributes.Integers("plane");
  return std::vector{
      TensorType{DataType::kFloat32, {inputs[0].shape[0], inputs[0].shape[1], plane[0], plane[1]}}};
}

OpSample SampleGradient(SampleSource& source) {
  OpSample sample = SampleOne(source);
  sample.attributes = {{"plane", Shape{source.Integer(1, 9), source.Integer(1, 9)}}};
  return sample;
}

}  // namespace

const OpDef& GlobalAvgPoolOp() {
  static constexpr OpDef kOp = {.name = "global_avg_pool",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<1>,
                                .sample = Sample};
  return kOp;
}

const OpDef& GlobalAvgPoolGradientOp() {
  static constexpr OpDef kOp = {.name = "global_avg_pool_gradient",
                                .infer = InferGradient,
                                .flops = FlopsPerElement<1>,
                                .sample = SampleGradient};
  return kOp;
}

Result<ValueId> GlobalAvgPool(Graph& graph, ValueId x) {
  return graph.Apply(GlobalAvgPoolOp(), {x});
}

}  // namespace descent
