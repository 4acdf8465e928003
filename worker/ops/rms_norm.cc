#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"
#include "worker/ops/transformer_ops.h"

namespace descent {
namespace {

Status ExpectRows(const TensorType& x) {
  DESCENT_RETURN_IF_ERROR(ExpectType(x, "x", DataType::kFloat32));
  return ExpectAxes(x, "x", 2);
}

Status ExpectVector(const TensorType& operand, std::string_view name, std::int64_t size) {
  DESCENT_RETURN_IF_ERROR(ExpectType(operand, name, DataType::kFloat32));
  return ExpectShape(operand, name, {size});
}

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectRows(inputs[0]));
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs[1], "gain", inputs[0].shape[1]));
  if (!(attributes.Real("epsilon") > 0))
    return Status(Code::kInvalidArgument,
                  "epsilon is " + std::to_string(attributes.Real("epsilon")) + ", wanted above 0");
  return std::vector{inputs[0], TensorType{DataType::kFloat32, {inputs[0].shape[0]}}};
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  // Only y carries a gradient: the other output exists for this node's own use.
  DESCENT_CHECK(!output_gradients[1].is_valid());
  const ValueId x = node.inputs[0], gain = node.inputs[1], dy = output_gradients[0];
  const ValueId inverse_rms = node.outputs[1];
  const ValueId dgain = graph.Apply(RmsNormGainGradientOp(), {dy, x, inverse_rms}).value();
  const ValueId dx = graph.Apply(RmsNormGradientOp(), {dy, x, gain, inverse_rms}).value();
  return {dx, dgain};
}

// Rows away from zero, where the op has no bound on its derivative.
SampledTensor SampleRows(SampleSource& source) {
  return source.RealsAwayFromZero({source.Integer(1, 5), source.Integer(1, 67)});
}

OpSample Sample(SampleSource& source) {
  SampledTensor x = SampleRows(source);
  SampledTensor gain = source.Reals({x.type.shape[1]});
  return {{std::move(x), std::move(gain)}, {{"epsilon", 1e-5}}};
}

Result<std::vector<TensorType>> InferGradient(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 4));
  DESCENT_RETURN_IF_ERROR(ExpectRows(inputs[1]));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[0], "dy", inputs[1].shape));
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs[2], "gain", inputs[1].shape[1]));
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs[3], "inverse_rms", inputs[1].shape[0]));
  return std::vector{inputs[1]};
}

OpSample SampleGradient(SampleSource& source) {
  SampledTensor x = SampleRows(source);
  SampledTensor dy = source.Reals(x.type.shape);
  SampledTensor gain = source.Reals({x.type.shape[1]});
  SampledTensor inverse_rms = source.Reals({x.type.shape[0]});
  return {{std::move(dy), std::move(x), std::move(gain), std::move(inverse_rms)}, {}};
}

Result<std::vector<TensorType>> InferGainGradient(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 3));
  DESCENT_RETURN_IF_ERROR(ExpectRows(inputs[1]));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[0], "dy", inputs[1].shape));
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs[2], "inverse_rms", inputs[1].shape[0]));
  return std::vector{TensorType{DataType::kFloat32, {inputs[1].shape[1]}}};
}

OpSample SampleGainGradient(SampleSource& source) {
  OpSample sample = SampleGradient(source);
  sample.inputs.erase(sample.inputs.begin() + 2);
  return sample;
}

}  // namespace

const OpDef& RmsNormOp() {
  static constexpr OpDef kOp = {.name = "rms_norm",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<4>,
                                .sample = Sample};
  return kOp;
}

const OpDef& RmsNormGradientOp() {
  static constexpr OpDef kOp = {.name = "rms_norm_gradient",
                                .infer = InferGradient,
                                .flops = FlopsPerElement<8>,
                                .sample = SampleGradient,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& RmsNormGainGradientOp() {
  static constexpr OpDef kOp = {.name = "rms_norm_gain_gradient",
                                .infer = InferGainGradient,
                                .flops = FlopsPerElement<3>,
                                .sample = SampleGainGradient};
  return kOp;
}

Result<ValueId> RmsNorm(Graph& graph, ValueId x, ValueId gain, double epsilon) {
  DESCENT_ASSIGN(const std::vector<ValueId> outputs,
                 graph.AddNode(RmsNormOp(), {x, gain}, {{"epsilon", epsilon}}));
  return outputs[0];
}

}  // namespace descent
