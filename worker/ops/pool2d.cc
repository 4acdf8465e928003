#include <array>
#include <string>
#include <utility>

#include "worker/ops/window.h"

namespace descent {
namespace {

// A pool's padding is at most half the kernel, so that no window lies in the padding alone.
Result<std::vector<TensorType>> InferPool(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  const Window window = WindowOf(attributes);
  DESCENT_ASSIGN(const PlaneSize places, PlacesIn(inputs[0], window));
  for (std::size_t axis = 0; axis < 2; ++axis)
    if (2 * window.padding[axis] > window.kernel[axis])
      return Status(Code::kInvalidArgument, "padding is " + std::to_string(window.padding[axis]) +
                                                ", wanted at most half the kernel " +
                                                std::to_string(window.kernel[axis]));
  const Shape& x = inputs[0].shape;
  return std::vector{TensorType{DataType::kFloat32, {x[0], x[1], places[0], places[1]}}};
}

double Flops(TensorTypes, TensorTypes outputs, const Attributes& attributes) {
  const Window window = WindowOf(attributes);
  return static_cast<double>(ElementCount(outputs[0].shape) * window.kernel[0] * window.kernel[1]);
}

double GradientFlops(TensorTypes inputs, TensorTypes, const Attributes& attributes) {
  return Flops({}, inputs.first(1), attributes);
}

Shape SampleImages(SampleSource& source) {
  return {source.Integer(1, 3), source.Integer(1, 3), source.Integer(3, 9), source.Integer(3, 19)};
}

// Distinct values far enough apart that a small step changes no window's largest.
SampledTensor SampleDistinct(SampleSource& source, const Shape& shape) {
  SampledTensor x = source.Reals(shape);
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    x.values[i] = static_cast<float>(0.01 * static_cast<double>(i) - 4);
    const auto other = static_cast<std::size_t>(source.Integer(0, static_cast<std::int64_t>(i)));
    std::swap(x.values[i], x.values[other]);
  }
  return x;
}

OpSample SamplePool(SampleSource& source) {
  const Shape shape = SampleImages(source);
  SampledTensor x = SampleDistinct(source, shape);
  return {{std::move(x)}, AttributesOf(SampleWindow(source, {shape[2], shape[3]}))};
}

Shape OutputShape(const OpSample& pool) {
  return InferPool(std::array{pool.inputs[0].type}, pool.attributes).value()[0].shape;
}

// Of the largest element.

std::vector<ValueId> MaxGradient(Graph& graph, const Node& node,
                                 std::span<const ValueId> output_gradients) {
  return {graph.Apply(MaxPool2dGradientOp(), {output_gradients[0], node.inputs[0]}, node.attributes)
              .value()};
}

Result<std::vector<TensorType>> InferMaxGradient(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_ASSIGN(const std::vector<TensorType> y, InferPool(inputs.subspan(1), attributes));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "dy", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[0], "dy", y[0].shape));
  return std::vector{inputs[1]};
}

OpSample SampleMaxGradient(SampleSource& source) {
  OpSample pool = SamplePool(source);
  SampledTensor dy = source.Reals(OutputShape(pool));
  return {{std::move(dy), std::move(pool.inputs[0])}, pool.attributes};
}

// Of the mean.

std::vector<ValueId> AvgGradient(Graph& graph, const Node& node,
                                 std::span<const ValueId> output_gradients) {
  const Shape x = graph.value(node.inputs[0]).type.shape;
  return {graph
              .Apply(AvgPool2dGradientOp(), {output_gradients[0]},
                     node.attributes.And("plane", Shape{x[2], x[3]}))
              .value()};
}

Result<std::vector<TensorType>> InferAvgGradient(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectImages(inputs[0], "dy"));
  const Shape& dy = inputs[0].shape;
  const Shape& plane = attributes.Integers("plane");
  const TensorType x{DataType::kFloat32, {dy[0], dy[1], plane[0], plane[1]}};
  DESCENT_ASSIGN(const std::vector<TensorType> y, InferPool(std::array{x}, attributes));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[0], "dy", y[0].shape));
  return std::vector{x};
}

OpSample SampleAvgGradient(SampleSource& source) {
  const OpSample pool = SamplePool(source);
  const Shape& x = pool.inputs[0].type.shape;
  return {{source.Reals(OutputShape(pool))}, pool.attributes.And("plane", Shape{x[2], x[3]})};
}

}  // namespace

const OpDef& MaxPool2dOp() {
  static constexpr OpDef kOp = {.name = "max_pool2d",
                                .infer = InferPool,
                                .gradient = MaxGradient,
                                .flops = Flops,
                                .sample = SamplePool};
  return kOp;
}

const OpDef& MaxPool2dGradientOp() {
  static constexpr OpDef kOp = {.name = "max_pool2d_gradient",
                                .infer = InferMaxGradient,
                                .flops = GradientFlops,
                                .sample = SampleMaxGradient};
  return kOp;
}

const OpDef& AvgPool2dOp() {
  static constexpr OpDef kOp = {.name = "avg_pool2d",
                                .infer = InferPool,
                                .gradient = AvgGradient,
                                .flops = Flops,
                                .sample = SamplePool};
  return kOp;
}

const OpDef& AvgPool2dGradientOp() {
  static constexpr OpDef kOp = {.name = "avg_pool2d_gradient",
                                .infer = InferAvgGradient,
                                .flops = GradientFlops,
                                .sample = SampleAvgGradient};
  return kOp;
}

Result<ValueId> MaxPool2d(Graph& graph, ValueId x, const Window& window) {
  return graph.Apply(MaxPool2dOp(), {x}, AttributesOf(window));
}

Result<ValueId> AvgPool2d(Graph& graph, ValueId x, const Window& window) {
  return graph.Apply(AvgPool2dOp(), {x}, AttributesOf(window));
}

}  // namespace descent
