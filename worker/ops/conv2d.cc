#include <algorithm>
#include <string>
#include <utility>

#include "worker/ops/window.h"

namespace descent {
namespace {

Window WindowOfWeight(const TensorType& weight, const Attributes& attributes) {
  const auto size = [&](const char* name) -> PlaneSize {
    const Shape& axes = attributes.Integers(name);
    return {axes[0], axes[1]};
  };
  return {.kernel = {weight.shape[2], weight.shape[3]},
          .stride = size("stride"),
          .padding = size("padding"),
          .dilation = size("dilation")};
}

// That the weight fits x and the groups divide both counts of channels.
Status ExpectWeight(const TensorType& weight, const TensorType& x, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectImages(weight, "weight"));
  const std::int64_t groups = attributes.Integer("groups");
  const std::int64_t channels = x.shape[1], outputs = weight.shape[0];
  if (groups < 1 || channels % groups != 0 || outputs % groups != 0)
    return Status(Code::kInvalidArgument, "groups is " + std::to_string(groups) +
                                              ", wanted a divisor of the channels of x " +
                                              ToString(x.shape) + " and of weight " +
                                              ToString(weight.shape));
  if (weight.shape[1] == channels / groups) return Status();
  return Status(Code::kInvalidArgument,
                "weight is " + ToString(weight.shape) + ", wanted " +
                    ToString({outputs, channels / groups, weight.shape[2], weight.shape[3]}) +
                    " for x " + ToString(x.shape) + " and groups " + std::to_string(groups));
}

Result<TensorType> OutputOf(const TensorType& x, const TensorType& weight,
                            const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectImages(x, "x"));
  DESCENT_RETURN_IF_ERROR(ExpectWeight(weight, x, attributes));
  DESCENT_ASSIGN(const PlaneSize places, PlacesIn(x, WindowOfWeight(weight, attributes)));
  return TensorType{DataType::kFloat32, {x.shape[0], weight.shape[0], places[0], places[1]}};
}

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  const bool has_bias = inputs.size() == 3;
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, has_bias ? 3 : 2));
  DESCENT_ASSIGN(TensorType y, OutputOf(inputs[0], inputs[1], attributes));
  if (has_bias) {
    DESCENT_RETURN_IF_ERROR(ExpectType(inputs[2], "bias", DataType::kFloat32));
    DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[2], "bias", {inputs[1].shape[0]}));
  }
  return std::vector{std::move(y)};
}

// The gradient of the weight comes first: it can be reduced over the ranks while that of x is
// computed.
std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  const ValueId x = node.inputs[0], weight = node.inputs[1], dy = output_gradients[0];
  const Shape plane = graph.value(x).type.shape, kernel = graph.value(weight).type.shape;
  const Attributes of_weight = node.attributes.And("kernel", Shape{kernel[2], kernel[3]});
  const Attributes of_input = node.attributes.And("plane", Shape{plane[2], plane[3]});
  std::vector<ValueId> gradients(node.inputs.size());
  gradients[1] = graph.Apply(Conv2dWeightGradientOp(), {dy, x}, of_weight).value();
  if (node.inputs.size() == 3) gradients[2] = graph.Apply(ChannelSumOp(), {dy}).value();
  gradients[0] = graph.Apply(Conv2dInputGradientOp(), {dy, weight}, of_input).value();
  return gradients;
}

// Two for each product: [.., O, P, Q] outputs of C / groups times the kernel's size.
double FlopsOf(const Shape& y, const Shape& weight) {
  return 2.0 * static_cast<double>(ElementCount(y) * weight[1] * weight[2] * weight[3]);
}

double Flops(TensorTypes inputs, TensorTypes outputs, const Attributes&) {
  return FlopsOf(outputs[0].shape, inputs[1].shape);
}

// A sample of all operands of a convolution; the last is y, which is drawn for the gradients.
OpSample SampleAll(SampleSource& source) {
  const std::int64_t groups = source.Integer(1, 2);
  const Shape x = {source.Integer(1, 5), groups * source.Integer(1, 3), source.Integer(3, 8),
                   source.Integer(3, 8)};
  const Window window = SampleWindow(source, {x[2], x[3]});
  const std::int64_t dilation = 2 * window.kernel[0] - 1 <= x[2] ? source.Integer(1, 2) : 1;
  const Shape weight = {groups * source.Integer(1, 9), x[1] / groups, window.kernel[0],
                        window.kernel[1]};
  const Attributes attributes = {{"stride", Shape{window.stride[0], window.stride[1]}},
                                 {"padding", Shape{window.padding[0], window.padding[1]}},
                                 {"dilation", Shape{dilation, 1}},
                                 {"groups", groups}};
  const TensorType y =
      OutputOf({DataType::kFloat32, x}, {DataType::kFloat32, weight}, attributes).value();
  return {{source.Reals(x), source.Reals(weight), source.Reals({weight[0]}), source.Reals(y.shape)},
          attributes};
}

OpSample Sample(SampleSource& source) {
  OpSample sample = SampleAll(source);
  sample.inputs.resize(static_cast<std::size_t>(source.Integer(2, 3)));
  return sample;
}

Result<std::vector<TensorType>> InferInputGradient(TensorTypes inputs,
                                                   const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectImages(inputs[0], "dy"));
  DESCENT_RETURN_IF_ERROR(ExpectImages(inputs[1], "weight"));
  const Shape& plane = attributes.Integers("plane");
  const std::int64_t channels = inputs[1].shape[1] * attributes.Integer("groups");
  const TensorType x{DataType::kFloat32, {inputs[0].shape[0], channels, plane[0], plane[1]}};
  DESCENT_ASSIGN(const TensorType y, OutputOf(x, inputs[1], attributes));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[0], "dy", y.shape));
  return std::vector{x};
}

double InputGradientFlops(TensorTypes inputs, TensorTypes, const Attributes&) {
  return FlopsOf(inputs[0].shape, inputs[1].shape);
}

OpSample SampleInputGradient(SampleSource& source) {
  OpSample all = SampleAll(source);
  const Shape& x = all.inputs[0].type.shape;
  return {{all.inputs[3], all.inputs[1]}, all.attributes.And("plane", Shape{x[2], x[3]})};
}

Result<std::vector<TensorType>> InferWeightGradient(TensorTypes inputs,
                                                    const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectImages(inputs[0], "dy"));
  DESCENT_RETURN_IF_ERROR(ExpectImages(inputs[1], "x"));
  const Shape& kernel = attributes.Integers("kernel");
  const std::int64_t groups = attributes.Integer("groups");
  const TensorType weight{
      DataType::kFloat32,
      {inputs[0].shape[1], inputs[1].shape[1] / std::max<std::int64_t>(1, groups), kernel[0],
       kernel[1]}};
  DESCENT_ASSIGN(const TensorType y, OutputOf(inputs[1], weight, attributes));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[0], "dy", y.shape));
  return std::vector{weight};
}

double WeightGradientFlops(TensorTypes inputs, TensorTypes outputs, const Attributes&) {
  return FlopsOf(inputs[0].shape, outputs[0].shape);
}

OpSample SampleWeightGradient(SampleSource& source) {
  OpSample all = SampleAll(source);
  const Shape& weight = all.inputs[1].type.shape;
  return {{all.inputs[3], all.inputs[0]},
          all.attributes.And("kernel", Shape{weight[2], weight[3]})};
}

}  // namespace

const OpDef& Conv2dOp() {
  static constexpr OpDef kOp = {
      .name = "conv2d", .infer = Infer, .gradient = Gradient, .flops = Flops, .sample = Sample};
  return kOp;
}

const OpDef& Conv2dInputGradientOp() {
  static constexpr OpDef kOp = {.name = "conv2d_input_gradient",
                                .infer = InferInputGradient,
                                .flops = InputGradientFlops,
                                .sample = SampleInputGradient};
  return kOp;
}

const OpDef& Conv2dWeightGradientOp() {
  static constexpr OpDef kOp = {.name = "conv2d_weight_gradient",
                                .infer = InferWeightGradient,
                                .flops = WeightGradientFlops,
                                .sample = SampleWeightGradient};
  return kOp;
}

Result<ValueId> Conv2d(Graph& graph, ValueId x, ValueId weight, ValueId bias,
                       const ConvolutionOptions& options) {
  std::vector<ValueId> operands = {x, weight};
  if (bias.is_valid()) operands.push_back(bias);
  const auto pair = [](PlaneSize size) { return Shape{size[0], size[1]}; };
  return graph.Apply(Conv2dOp(), std::move(operands),
                     {{"stride", pair(options.stride)},
                      {"padding", pair(options.padding)},
                      {"dilation", pair(options.dilation)},
                      {"groups", options.groups}});
}

}  // namespace descent
