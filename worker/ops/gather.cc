#include "worker/ops/axes.h"
#include "worker/ops/broadcast.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

// `shape` with `put` in the place of its axes [axis, axis + replaced).
Shape Replaced(const Shape& shape, std::int64_t axis, std::size_t replaced, const Shape& put) {
  const auto first = shape.begin() + axis;
  Shape result(shape.begin(), first);
  result.insert(result.end(), put.begin(), put.end());
  result.insert(result.end(), first + static_cast<std::ptrdiff_t>(replaced), shape.end());
  return result;
}

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "indices", DataType::kInt32));
  const std::int64_t axis = attributes.Integer("axis");
  DESCENT_RETURN_IF_ERROR(ExpectAxis(inputs[0], "x", axis));
  return std::vector{
      TensorType{DataType::kFloat32, Replaced(inputs[0].shape, axis, 1, inputs[1].shape)}};
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  const std::int64_t axis = node.attributes.Integer("axis");
  const Shape x = graph.value(node.inputs[0]).type.shape;
  const Attributes attributes = {{"axis", axis}, {"size", x[static_cast<std::size_t>(axis)]}};
  const ValueId dx =
      graph.Apply(GatherGradientOp(), {node.inputs[1], output_gradients[0]}, attributes).value();
  return {dx, ValueId()};
}

OpSample Sample(SampleSource& source) {
  SampledTensor x = source.Reals(SampleShape(source));
  const auto axes = static_cast<std::int64_t>(x.type.shape.size());
  const std::int64_t axis = source.Integer(0, axes - 1);
  const Shape of_indices = source.Integer(0, 1) == 1 ? Shape{source.Integer(1, 9)} : Shape{2, 3};
  const std::int64_t size = x.type.shape[static_cast<std::size_t>(axis)];
  SampledTensor indices = source.Labels(ElementCount(of_indices), size);
  indices.type.shape = of_indices;
  return {{std::move(x), std::move(indices)}, {{"axis", axis}}};
}

Result<std::vector<TensorType>> InferGradient(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "indices", DataType::kInt32));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "dy", DataType::kFloat32));
  const std::int64_t axis = attributes.Integer("axis");
  const std::size_t index_axes = inputs[0].shape.size();
  const Shape& dy = inputs[1].shape;
  const bool has_axes = axis >= 0 && static_cast<std::size_t>(axis) + index_axes <= dy.size();
  if (!has_axes || Replaced(dy, axis, index_axes, inputs[0].shape) != dy) {
    return Status(Code::kInvalidArgument, "dy is " + ToString(dy) + ", wanted the indices' axes " +
                                              ToString(inputs[0].shape) + " from axis " +
                                              std::to_string(axis) + " on");
  }
  return std::vector{
      TensorType{DataType::kFloat32, Replaced(dy, axis, index_axes, {attributes.Integer("size")})}};
}

OpSample SampleGradient(SampleSource& source) {
  OpSample sample = Sample(source);
  const Shape& x = sample.inputs[0].type.shape;
  const std::int64_t axis = sample.attributes.Integer("axis");
  SampledTensor dy = source.Reals(Replaced(x, axis, 1, sample.inputs[1].type.shape));
  const Attributes attributes = {{"axis", axis}, {"size", x[static_cast<std::size_t>(axis)]}};
  return {{std::move(sample.inputs[1]), std::move(dy)}, attributes};
}

double GradientFlops(TensorTypes inputs, TensorTypes, const Attributes&) {
  return static_cast<double>(ElementCount(inputs[1].shape));
}

}  // namespace

const OpDef& GatherOp() {
  static constexpr OpDef kOp = {.name = "gather",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<0>,
                                .sample = Sample};
  return kOp;
}

const OpDef& GatherGradientOp() {
  static constexpr OpDef kOp = {.name = "gather_gradient",
                                .infer = InferGradient,
                                .flops = GradientFlops,
                                .sample = SampleGradient};
  return kOp;
}

Result<ValueId> Gather(Graph& graph, ValueId x, ValueId indices, std::int64_t axis) {
  return graph.Apply(GatherOp(), {x, indices}, {{"axis", FromFirst(graph, x, axis)}});
}

}  // namespace descent
