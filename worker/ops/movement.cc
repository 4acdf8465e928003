#include <algorithm>
#include <numeric>

#include "worker/ops/broadcast.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Status Invalid(std::string message) { return Status(Code::kInvalidArgument, std::move(message)); }

Status ExpectOneTensor(TensorTypes inputs) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  return ExpectType(inputs[0], "x", DataType::kFloat32);
}

std::vector<TensorType> Floats(Shape shape) { return {{DataType::kFloat32, std::move(shape)}}; }

Result<std::vector<TensorType>> InferReshape(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOneTensor(inputs));
  const Shape& shape = attributes.Integers("shape");
  const bool has_sizes = std::ranges::all_of(shape, [](std::int64_t size) { return size >= 1; });
  if (!has_sizes || ElementCount(shape) != ElementCount(inputs[0].shape)) {
    return Invalid("x is " + ToString(inputs[0].shape) + ", which has not as many elements as " +
                   ToString(shape));
  }
  return Floats(shape);
}

std::vector<ValueId> ReshapeGradient(Graph& graph, const Node& node,
                                     std::span<const ValueId> output_gradients) {
  const Shape shape = graph.value(node.inputs[0]).type.shape;
  return {Reshape(graph, output_gradients[0], shape).value()};
}

OpSample SampleReshape(SampleSource& source) {
  const Shape shape = SampleShape(source);
  Shape reversed(shape.rbegin(), shape.rend());
  return {{source.Reals(shape)}, {{"shape", std::move(reversed)}}};
}

Result<std::vector<TensorType>> InferTranspose(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOneTensor(inputs));
  const Shape& permutation = attributes.Integers("permutation");
  Shape every_axis(inputs[0].shape.size());
  std::iota(every_axis.begin(), every_axis.end(), 0);
  if (!std::ranges::is_permutation(permutation, every_axis)) {
    return Invalid("x is " + ToString(inputs[0].shape) + ", wanted each of its axes once, found " +
                   ToString(permutation));
  }
  Shape shape;
  for (const std::int64_t axis : permutation)
    shape.push_back(inputs[0].shape[static_cast<std::size_t>(axis)]);
  return Floats(std::move(shape));
}

std::vector<ValueId> TransposeGradient(Graph& graph, const Node& node,
                                       std::span<const ValueId> output_gradients) {
  const Shape& permutation = node.attributes.Integers("permutation");
  Shape inverse(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i)
    inverse[static_cast<std::size_t>(permutation[i])] = static_cast<std::int64_t>(i);
  return {Transpose(graph, output_gradients[0], std::move(inverse)).value()};
}

OpSample SampleTranspose(SampleSource& source) {
  SampledTensor x = source.Reals(SampleShape(source));
  Shape permutation(x.type.shape.size());
  std::iota(permutation.begin(), permutation.end(), 0);
  for (std::size_t i = permutation.size(); i-- > 1;) {
    const auto other = source.Integer(0, static_cast<std::int64_t>(i));
    std::swap(permutation[i], permutation[static_cast<std::size_t>(other)]);
  }
  return {{std::move(x)}, {{"permutation", std::move(permutation)}}};
}

Result<std::vector<TensorType>> InferExpand(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOneTensor(inputs));
  const Shape& shape = attributes.Integers("shape");
  const Result<Shape> common = BroadcastShape(inputs[0].shape, shape);
  if (!common.ok() || common.value() != shape) {
    return Invalid("x is " + ToString(inputs[0].shape) + ", which cannot be repeated to " +
                   ToString(shape));
  }
  return Floats(shape);
}

std::vector<ValueId> ExpandGradient(Graph& graph, const Node& node,
                                    std::span<const ValueId> output_gradients) {
  const Shape shape = graph.value(node.inputs[0]).type.shape;
  return {SumTo(graph, output_gradients[0], shape)};
}

OpSample SampleExpand(SampleSource& source) {
  const Shape shape = SampleShape(source);
  return {{source.Reals(SampleRepeatable(shape, source))}, {{"shape", shape}}};
}

// The shape of a slice of `x`.
Result<Shape> SliceShape(const Shape& x, const Attributes& attributes) {
  const Shape& starts = attributes.Integers("starts");
  const Shape& ends = attributes.Integers("ends");
  const Shape& steps = attributes.Integers("steps");
  bool fits = starts.size() == x.size() && ends.size() == x.size() && steps.size() == x.size();
  Shape shape(x.size());
  for (std::size_t i = 0; fits && i < x.size(); ++i) {
    fits = 0 <= starts[i] && starts[i] < ends[i] && ends[i] <= x[i] && steps[i] >= 1;
    if (fits) shape[i] = (ends[i] - starts[i] + steps[i] - 1) / steps[i];
  }
  if (fits) return shape;
  return Invalid("x is " + ToString(x) + ", which has no slice from " + ToString(starts) + " to " +
                 ToString(ends) + " in steps of " + ToString(steps));
}

Result<std::vector<TensorType>> InferSlice(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOneTensor(inputs));
  DESCENT_ASSIGN(Shape shape, SliceShape(inputs[0].shape, attributes));
  return Floats(std::move(shape));
}

std::vector<ValueId> SliceGradient(Graph& graph, const Node& node,
                                   std::span<const ValueId> output_gradients) {
  const Attributes& slice = node.attributes;
  return {graph
              .Apply(SliceGradientOp(), {output_gradients[0]},
                     {{"shape", graph.value(node.inputs[0]).type.shape},
                      {"starts", slice.Integers("starts")},
                      {"ends", slice.Integers("ends")},
                      {"steps", slice.Integers("steps")}})
              .value()};
}

Result<std::vector<TensorType>> InferSliceGradient(TensorTypes inputs,
                                                   const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOneTensor(inputs));
  const Shape& shape = attributes.Integers("shape");
  DESCENT_ASSIGN(const Shape slice, SliceShape(shape, attributes));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[0], "dy", slice));
  return Floats(shape);
}

Attributes SampleBounds(const Shape& shape, SampleSource& source) {
  Shape starts, ends, steps;
  for (const std::int64_t size : shape) {
    starts.push_back(source.Integer(0, size - 1));
    ends.push_back(source.Integer(starts.back() + 1, size));
    steps.push_back(source.Integer(1, 3));
  }
  return {{"shape", shape}, {"starts", starts}, {"ends", ends}, {"steps", steps}};
}

OpSample SampleSlice(SampleSource& source) {
  SampledTensor x = source.Reals(SampleShape(source));
  Attributes bounds = SampleBounds(x.type.shape, source);
  return {{std::move(x)}, std::move(bounds)};
}

OpSample SampleSliceGradient(SampleSource& source) {
  const Shape shape = SampleShape(source);
  const Attributes bounds = SampleBounds(shape, source);
  return {{source.Reals(SliceShape(shape, bounds).value())}, bounds};
}

}  // namespace

const OpDef& ReshapeOp() {
  static constexpr OpDef kOp = {.name = "reshape",
                                .infer = InferReshape,
                                .gradient = ReshapeGradient,
                                .flops = FlopsPerElement<0>,
                                .sample = SampleReshape,
                                .is_view = true};
  return kOp;
}

const OpDef& TransposeOp() {
  static constexpr OpDef kOp = {.name = "transpose",
                                .infer = InferTranspose,
                                .gradient = TransposeGradient,
                                .flops = FlopsPerElement<0>,
                                .sample = SampleTranspose};
  return kOp;
}

const OpDef& ExpandOp() {
  static constexpr OpDef kOp = {.name = "expand",
                                .infer = InferExpand,
                                .gradient = ExpandGradient,
                                .flops = FlopsPerElement<0>,
                                .sample = SampleExpand};
  return kOp;
}

const OpDef& SliceOp() {
  static constexpr OpDef kOp = {.name = "slice",
                                .infer = InferSlice,
                                .gradient = SliceGradient,
                                .flops = FlopsPerElement<0>,
                                .sample = SampleSlice};
  return kOp;
}

const OpDef& SliceGradientOp() {
  static constexpr OpDef kOp = {.name = "slice_gradient",
                                .infer = InferSliceGradient,
                                .flops = FlopsPerElement<0>,
                                .sample = SampleSliceGradient};
  return kOp;
}

Result<ValueId> Reshape(Graph& graph, ValueId x, Shape shape) {
  return graph.Apply(ReshapeOp(), {x}, {{"shape", std::move(shape)}});
}

Result<ValueId> Transpose(Graph& graph, ValueId x, Shape permutation) {
  return graph.Apply(TransposeOp(), {x}, {{"permutation", std::move(permutation)}});
}

Result<ValueId> Expand(Graph& graph, ValueId x, Shape shape) {
  return graph.Apply(ExpandOp(), {x}, {{"shape", std::move(shape)}});
}

Result<ValueId> Slice(Graph& graph, ValueId x, SliceOptions options) {
  return graph.Apply(
      SliceOp(), {x},
      {{"starts", options.starts}, {"ends", options.ends}, {"steps", options.steps}});
}

}  // namespace descent
