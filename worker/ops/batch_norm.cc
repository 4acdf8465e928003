#include <array>
#include <string>
#include <utility>

#include "worker/ops/image_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

TensorType OnePerChannel(const TensorType& x) { return {DataType::kFloat32, {x.shape[1]}}; }

Status ExpectPerChannel(TensorTypes operands, std::span<const std::string_view> names,
                        const TensorType& x) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    DESCENT_RETURN_IF_ERROR(ExpectType(operands[i], names[i], DataType::kFloat32));
    DESCENT_RETURN_IF_ERROR(ExpectShape(operands[i], names[i], OnePerChannel(x).shape));
  }
  return Status();
}

Status ExpectBatchNorm(TensorTypes inputs, const Attributes& attributes) {
  static constexpr std::array<std::string_view, 4> kNames = {"gain", "bias", "running_mean",
                                                             "running_variance"};
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 5));
  DESCENT_RETURN_IF_ERROR(ExpectChannels(inputs[0], "x"));
  DESCENT_RETURN_IF_ERROR(ExpectPerChannel(inputs.subspan(1), kNames, inputs[0]));
  if (attributes.Real("epsilon") > 0) return Status();
  return Status(Code::kInvalidArgument,
                "epsilon is " + std::to_string(attributes.Real("epsilon")) + ", wanted above 0");
}

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectBatchNorm(inputs, attributes));
  std::vector<TensorType> outputs(5, OnePerChannel(inputs[0]));
  outputs[0] = inputs[0];
  return outputs;
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  // Only y carries a gradient: the rest is measured.
  for (const ValueId other : output_gradients.subspan(1)) DESCENT_CHECK(!other.is_valid());
  const ValueId x = node.inputs[0], gain = node.inputs[1], dy = output_gradients[0];
  const std::vector<ValueId> gradients =
      graph.AddNode(BatchNormGradientOp(), {dy, x, gain, node.outputs[1], node.outputs[2]}).value();
  return {gradients[0], gradients[1], gradients[2], ValueId(), ValueId()};
}

// Channels that are far from constant, if they have two elements: near a constant one the op has no
// bound on its derivative.
SampledTensor SampleSpread(SampleSource& source) {
  SampledTensor x = source.Reals(SampleChannels(source));
  const auto channels = static_cast<std::size_t>(x.type.shape[1]);
  const std::size_t plane = x.values.size() / channels / static_cast<std::size_t>(x.type.shape[0]);
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const std::size_t within = i / (channels * plane) * plane + i % plane;
    x.values[i] += within % 2 == 0 ? 3 : -3;
  }
  return x;
}

OpSample Sample(SampleSource& source) {
  SampledTensor x = SampleSpread(source);
  const Shape channels = {x.type.shape[1]};
  SampledTensor gain = source.Reals(channels), bias = source.Reals(channels);
  SampledTensor mean = source.Reals(channels), variance = source.Reals(channels);
  for (double& value : variance.values) value = static_cast<float>(value + 2.5);
  return {{std::move(x), std::move(gain), std::move(bias), std::move(mean), std::move(variance)},
          {{"epsilon", 1e-3}}};
}

Result<std::vector<TensorType>> InferInference(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectBatchNorm(inputs, attributes));
  return std::vector{inputs[0]};
}

Result<std::vector<TensorType>> InferGradient(TensorTypes inputs, const Attributes&) {
  static constexpr std::array<std::string_view, 3> kNames = {"gain", "mean", "inverse_deviation"};
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 5));
  DESCENT_RETURN_IF_ERROR(ExpectChannels(inputs[1], "x"));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[0], "dy", inputs[1].shape));
  DESCENT_RETURN_IF_ERROR(ExpectPerChannel(inputs.subspan(2), kNames, inputs[1]));
  return std::vector{inputs[1], OnePerChannel(inputs[1]), OnePerChannel(inputs[1])};
}

OpSample SampleGradient(SampleSource& source) {
  SampledTensor x = SampleSpread(source);
  const Shape channels = {x.type.shape[1]};
  SampledTensor dy = source.Reals(x.type.shape), gain = source.Reals(channels);
  SampledTensor mean = source.Reals(channels), inverse_deviation = source.Reals(channels);
  return {
      {std::move(dy), std::move(x), std::move(gain), std::move(mean), std::move(inverse_deviation)},
      {}};
}

}  // namespace

const OpDef& BatchNormInferenceOp() {
  static constexpr OpDef kOp = {.name = "batch_norm_inference",
                                .infer = InferInference,
                                .flops = FlopsPerElement<2>,
                                .sample = Sample,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& BatchNormOp() {
  static constexpr OpDef kOp = {.name = "batch_norm",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<6>,
                                .sample = Sample,
                                .in_evaluation = BatchNormInferenceOp,
                                .first_constant_input = 3};
  return kOp;
}

const OpDef& BatchNormGradientOp() {
  static constexpr OpDef kOp = {.name = "batch_norm_gradient",
                                .infer = InferGradient,
                                .flops = FlopsPerElement<10>,
                                .sample = SampleGradient,
                                .in_place_input = 0};
  return kOp;
}

Result<BatchNormValues> BatchNorm(Graph& graph, const BatchNormOperands& operands, double epsilon) {
  DESCENT_ASSIGN(const std::vector<ValueId> outputs,
                 graph.AddNode(BatchNormOp(),
                               {operands.x, operands.gain, operands.bias, operands.running_mean,
                                operands.running_variance},
                               {{"epsilon", epsilon}}));
  return BatchNormValues{.y = outputs[0], .mean_sum = outputs[3], .variance_sum = outputs[4]};
}

}  // namespace descent
