#include <numeric>

#include "worker/ops/axes.h"
#include "worker/ops/broadcast.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Status Invalid(std::string message) { return Status(Code::kInvalidArgument, std::move(message)); }

Shape WithSize(Shape shape, std::int64_t axis, std::int64_t size) {
  shape[static_cast<std::size_t>(axis)] = size;
  return shape;
}

std::int64_t SizeAt(const TensorType& tensor, std::int64_t axis) {
  return tensor.shape[static_cast<std::size_t>(axis)];
}

Result<std::vector<TensorType>> InferConcat(TensorTypes inputs, const Attributes& attributes) {
  if (inputs.empty()) return Invalid("found 0 operands, wanted at least 1");
  const std::int64_t axis = attributes.Integer("axis");
  DESCENT_RETURN_IF_ERROR(ExpectAxis(inputs[0], "the first part", axis));
  std::int64_t size = 0;
  for (const TensorType& part : inputs) {
    DESCENT_RETURN_IF_ERROR(ExpectType(part, "a part", DataType::kFloat32));
    DESCENT_RETURN_IF_ERROR(ExpectAxes(part, "a part", inputs[0].shape.size()));
    const Shape wanted = WithSize(inputs[0].shape, axis, SizeAt(part, axis));
    DESCENT_RETURN_IF_ERROR(ExpectShape(part, "a part", wanted));
    size += SizeAt(part, axis);
  }
  return std::vector{TensorType{DataType::kFloat32, WithSize(inputs[0].shape, axis, size)}};
}

std::vector<ValueId> ConcatGradient(Graph& graph, const Node& node,
                                    std::span<const ValueId> output_gradients) {
  const std::int64_t axis = node.attributes.Integer("axis");
  Shape sizes;
  for (const TensorType& part : graph.TypesOf(node.inputs)) sizes.push_back(SizeAt(part, axis));
  return Split(graph, output_gradients[0], axis, std::move(sizes)).value();
}

OpSample SampleConcat(SampleSource& source) {
  const Shape shape = SampleShape(source);
  const std::int64_t axis = source.Integer(0, static_cast<std::int64_t>(shape.size()) - 1);
  OpSample sample{{}, {{"axis", axis}}};
  const std::int64_t parts = source.Integer(1, 3);
  for (std::int64_t i = 0; i < parts; ++i)
    sample.inputs.push_back(source.Reals(WithSize(shape, axis, source.Integer(1, 5))));
  return sample;
}

Result<std::vector<TensorType>> InferSplit(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  const std::int64_t axis = attributes.Integer("axis");
  DESCENT_RETURN_IF_ERROR(ExpectAxis(inputs[0], "x", axis));
  const Shape& sizes = attributes.Integers("sizes");
  std::vector<TensorType> parts;
  std::int64_t left = SizeAt(inputs[0], axis);
  for (const std::int64_t size : sizes) {
    left = size >= 1 ? left - size : -1;
    if (left < 0) break;
    parts.push_back({DataType::kFloat32, WithSize(inputs[0].shape, axis, size)});
  }
  if (left == 0) return parts;
  return Invalid("x is " + ToString(inputs[0].shape) + ", whose axis " + std::to_string(axis) +
                 " is not cut into " + ToString(sizes));
}

// A part through which nothing flows has a gradient of zero.
std::vector<ValueId> SplitGradient(Graph& graph, const Node& node,
                                   std::span<const ValueId> output_gradients) {
  std::vector<ValueId> parts(output_gradients.begin(), output_gradients.end());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Shape shape = graph.value(node.outputs[i]).type.shape;
    if (!parts[i].is_valid()) parts[i] = Fill(graph, shape, 0).value();
  }
  return {Concat(graph, std::move(parts), node.attributes.Integer("axis")).value()};
}

OpSample SampleSplit(SampleSource& source) {
  Shape sizes(static_cast<std::size_t>(source.Integer(1, 3)));
  for (std::int64_t& size : sizes) size = source.Integer(1, 5);
  Shape shape = SampleShape(source);
  const std::int64_t axis = source.Integer(0, static_cast<std::int64_t>(shape.size()) - 1);
  shape = WithSize(shape, axis, std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}));
  return {{source.Reals(std::move(shape))}, {{"axis", axis}, {"sizes", std::move(sizes)}}};
}

}  // namespace

const OpDef& ConcatOp() {
  static constexpr OpDef kOp = {.name = "concat",
                                .infer = InferConcat,
                                .gradient = ConcatGradient,
                                .flops = FlopsPerElement<0>,
                                .sample = SampleConcat};
  return kOp;
}

const OpDef& SplitOp() {
  static constexpr OpDef kOp = {.name = "split",
                                .infer = InferSplit,
                                .gradient = SplitGradient,
                                .flops = FlopsPerElement<0>,
                                .sample = SampleSplit};
  return kOp;
}

Result<ValueId> Concat(Graph& graph, std::vector<ValueId> parts, std::int64_t axis) {
  if (!parts.empty()) axis = FromFirst(graph, parts[0], axis);
  return graph.Apply(ConcatOp(), std::move(parts), {{"axis", axis}});
}

Result<std::vector<ValueId>> Split(Graph& graph, ValueId x, std::int64_t axis, Shape sizes) {
  axis = FromFirst(graph, x, axis);
  return graph.AddNode(SplitOp(), {x}, {{"axis", axis}, {"sizes", std::move(sizes)}});
}

}  // namespace descent
