#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Status ExpectRows(const TensorType& operand, std::string_view name) {
  DESCENT_RETURN_IF_ERROR(ExpectType(operand, name, DataType::kFloat32));
  return ExpectAxes(operand, name, 2);
}

Status ExpectVector(const TensorType& operand, std::string_view name, std::int64_t size) {
  DESCENT_RETURN_IF_ERROR(ExpectType(operand, name, DataType::kFloat32));
  return ExpectShape(operand, name, {size});
}

TensorType OnePerRow(const TensorType& x) { return {DataType::kFloat32, {x.shape[0]}}; }

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 3));
  DESCENT_RETURN_IF_ERROR(ExpectRows(inputs[0], "x"));
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs[1], "gain", inputs[0].shape[1]));
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs[2], "bias", inputs[0].shape[1]));
  if (!(attributes.Real("epsilon") > 0))
    return Status(Code::kInvalidArgument,
                  "epsilon is " + std::to_string(attributes.Real("epsilon")) + ", wanted above 0");
  return std::vector{inputs[0], OnePerRow(inputs[0]), OnePerRow(inputs[0])};
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  // Only y carries a gradient: the moments exist for this node's own use.
  DESCENT_CHECK(!output_gradients[1].is_valid());
  DESCENT_CHECK(!output_gradients[2].is_valid());
  const ValueId x = node.inputs[0], gain = node.inputs[1], dy = output_gradients[0];
  const ValueId mean = node.outputs[1], inverse_deviation = node.outputs[2];
  const ValueId dgain =
      graph.Apply(LayerNormGainGradientOp(), {dy, x, mean, inverse_deviation}).value();
  const ValueId dbias = ColumnSum(graph, dy).value();
  const ValueId dx =
      graph.Apply(LayerNormGradientOp(), {dy, x, gain, mean, inverse_deviation}).value();
  return {dx, dgain, dbias};
}

// Rows that are far from constant: near a constant row the op has no bound on its derivative.
SampledTensor SampleRows(SampleSource& source) {
  SampledTensor x = source.Reals({source.Integer(1, 5), source.Integer(2, 67)});
  const std::int64_t columns = x.type.shape[1];
  for (std::size_t i = 0; i < x.values.size(); i += static_cast<std::size_t>(columns)) {
    x.values[i] = 2 + source.Real(0, 1);
    x.values[i + 1] = -2 - source.Real(0, 1);
  }
  return x;
}

OpSample Sample(SampleSource& source) {
  SampledTensor x = SampleRows(source);
  SampledTensor gain = source.Reals({x.type.shape[1]});
  SampledTensor bias = source.Reals({x.type.shape[1]});
  return {{std::move(x), std::move(gain), std::move(bias)}, {{"epsilon", 1e-5}}};
}

Result<std::vector<TensorType>> InferGradient(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 5));
  DESCENT_RETURN_IF_ERROR(ExpectRows(inputs[1], "x"));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[0], "dy", inputs[1].shape));
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs[2], "gain", inputs[1].shape[1]));
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs[3], "mean", inputs[1].shape[0]));
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs[4], "inverse_deviation", inputs[1].shape[0]));
  return std::vector{inputs[1]};
}

OpSample SampleGradient(SampleSource& source) {
  SampledTensor x = SampleRows(source);
  SampledTensor dy = source.Reals(x.type.shape);
  SampledTensor gain = source.Reals({x.type.shape[1]});
  SampledTensor mean = source.Reals({x.type.shape[0]});
  SampledTensor inverse_deviation = source.Reals({x.type.shape[0]});
  return {
      {std::move(dy), std::move(x), std::move(gain), std::move(mean), std::move(inverse_deviation)},
      {}};
}

Result<std::vector<TensorType>> InferGainGradient(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 4));
  DESCENT_RETURN_IF_ERROR(ExpectRows(inputs[1], "x"));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[0], "dy", inputs[1].shape));
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs[2], "mean", inputs[1].shape[0]));
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs[3], "inverse_deviation", inputs[1].shape[0]));
  return std::vector{TensorType{DataType::kFloat32, {inputs[1].shape[1]}}};
}

OpSample SampleGainGradient(SampleSource& source) {
  OpSample sample = SampleGradient(source);
  sample.inputs.erase(sample.inputs.begin() + 2);
  return sample;
}

}  // namespace

const OpDef& LayerNormOp() {
  static constexpr OpDef kOp = {.name = "layer_norm",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<7>,
                                .sample = Sample};
  return kOp;
}

const OpDef& LayerNormGradientOp() {
  static constexpr OpDef kOp = {.name = "layer_norm_gradient",
                                .infer = InferGradient,
                                .flops = FlopsPerElement<10>,
                                .sample = SampleGradient,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& LayerNormGainGradientOp() {
  static constexpr OpDef kOp = {.name = "layer_norm_gain_gradient",
                                .infer = InferGainGradient,
                                .flops = FlopsPerElement<4>,
                                .sample = SampleGainGradient};
  return kOp;
}

Result<ValueId> LayerNorm(Graph& graph, ValueId x, ValueId gain, ValueId bias, double epsilon) {
  DESCENT_ASSIGN(const std::vector<ValueId> outputs,
                 graph.AddNode(LayerNormOp(), {x, gain, bias}, {{"epsilon", epsilon}}));
  return outputs[0];
}

}  // namespace descent
