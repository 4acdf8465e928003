#include <algorithm>
#include <numeric>

#include "worker/ops/axes.h"
#include "worker/ops/broadcast.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/reduce_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

bool Contains(const Shape& axes, std::size_t axis) {
  return std::ranges::find(axes, static_cast<std::int64_t>(axis)) != axes.end();
}

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  const Shape& axes = attributes.Integers("axes");
  for (const std::int64_t axis : axes) {
    DESCENT_RETURN_IF_ERROR(ExpectAxis(inputs[0], "x", axis));
    if (std::ranges::count(axes, axis) == 1) continue;
    return Status(Code::kInvalidArgument, "axes are " + ToString(axes) + ", wanted each but once");
  }
  Shape shape;
  for (std::size_t i = 0; i < inputs[0].shape.size(); ++i) {
    if (!Contains(axes, i)) shape.push_back(inputs[0].shape[i]);
    if (Contains(axes, i) && attributes.Flag("keepdims")) shape.push_back(1);
  }
  return std::vector{TensorType{DataType::kFloat32, std::move(shape)}};
}

// A value that has lost the node's axes, with size 1 in their place.
ValueId WithAxes(Graph& graph, const Node& node, ValueId reduced) {
  Shape shape = graph.value(node.inputs[0]).type.shape;
  for (const std::int64_t axis : node.attributes.Integers("axes"))
    shape[static_cast<std::size_t>(axis)] = 1;
  return Reshape(graph, reduced, std::move(shape)).value();
}

std::vector<ValueId> SumGradient(Graph& graph, const Node& node,
                                 std::span<const ValueId> output_gradients) {
  const Shape shape = graph.value(node.inputs[0]).type.shape;
  return {Expand(graph, WithAxes(graph, node, output_gradients[0]), shape).value()};
}

std::vector<ValueId> MeanGradient(Graph& graph, const Node& node,
                                  std::span<const ValueId> output_gradients) {
  const std::int64_t elements = ElementCount(graph.value(node.inputs[0]).type.shape);
  const std::int64_t count = elements / ElementCount(graph.value(node.outputs[0]).type.shape);
  const ValueId divisor = Fill(graph, {}, static_cast<double>(count)).value();
  const ValueId share = Div(graph, output_gradients[0], divisor).value();
  return SumGradient(graph, node, std::vector{share});
}

// With m = 1 where x is the largest:  dx = m dy / sum(m).
std::vector<ValueId> MaxGradient(Graph& graph, const Node& node,
                                 std::span<const ValueId> output_gradients) {
  const ValueId dy = WithAxes(graph, node, output_gradients[0]);
  const ValueId y = WithAxes(graph, node, node.outputs[0]);
  const ValueId is_largest = Equal(graph, node.inputs[0], y).value();
  const Attributes same_axes = node.attributes.With("keepdims", std::int64_t{1});
  const ValueId count = graph.Apply(ReduceSumOp(), {is_largest}, same_axes).value();
  return {Mul(graph, is_largest, Div(graph, dy, count).value()).value()};
}

OpSample Sample(SampleSource& source) {
  Shape shape = SampleShape(source);
  Shape axes;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (source.Integer(0, 1) == 1) axes.push_back(static_cast<std::int64_t>(i));
  }
  const Attributes attributes = {{"axes", axes}, {"keepdims", source.Integer(0, 1)}};
  return {{source.Reals(std::move(shape))}, attributes};
}

// No two elements agree: at a tie, where the largest changes, there is no derivative.
OpSample SampleDistinct(SampleSource& source) {
  OpSample sample = Sample(source);
  std::vector<double>& values = sample.inputs[0].values;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(static_cast<double>(i * 389 % values.size()) / 64);
  return sample;
}

Result<ValueId> Reduce(Graph& graph, const OpDef& op, ValueId x, ReduceOptions options) {
  if (options.axes.empty()) {
    options.axes.resize(graph.value(x).type.shape.size());
    std::iota(options.axes.begin(), options.axes.end(), 0);
  }
  for (std::int64_t& axis : options.axes) axis = FromFirst(graph, x, axis);
  return graph.Apply(op, {x},
                     {{"axes", options.axes}, {"keepdims", std::int64_t{options.keepdims}}});
}

constexpr OpDef Reduction(std::string_view name, decltype(OpDef::gradient) gradient,
                          decltype(OpDef::sample) sample = Sample) {
  return {.name = name,
          .infer = Infer,
          .gradient = gradient,
          .flops = FlopsPerElement<1>,
          .sample = sample};
}

}  // namespace

const OpDef& ReduceSumOp() {
  static constexpr OpDef kOp = Reduction("reduce_sum", SumGradient);
  return kOp;
}

const OpDef& ReduceMeanOp() {
  static constexpr OpDef kOp = Reduction("reduce_mean", MeanGradient);
  return kOp;
}

const OpDef& ReduceMaxOp() {
  static constexpr OpDef kOp = Reduction("reduce_max", MaxGradient, SampleDistinct);
  return kOp;
}

Result<ValueId> ReduceSum(Graph& graph, ValueId x, ReduceOptions options) {
  return Reduce(graph, ReduceSumOp(), x, std::move(options));
}

Result<ValueId> ReduceMean(Graph& graph, ValueId x, ReduceOptions options) {
  return Reduce(graph, ReduceMeanOp(), x, std::move(options));
}

Result<ValueId> ReduceMax(Graph& graph, ValueId x, ReduceOptions options) {
  return Reduce(graph, ReduceMaxOp(), x, std::move(options));
}

}  // namespace descent
