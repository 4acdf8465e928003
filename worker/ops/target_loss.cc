#include <cmath>
#include <cstdlib>

#include "worker/ops/loss_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Status ExpectPredictions(TensorTypes inputs) {
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "x", 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "targets", DataType::kFloat32));
  return ExpectShape(inputs[1], "targets", inputs[0].shape);
}

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectPredictions(inputs));
  return std::vector{TensorType{DataType::kFloat32, {inputs[0].shape[0]}}};
}

Result<std::vector<TensorType>> InferGradient(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 3));
  DESCENT_RETURN_IF_ERROR(ExpectPredictions(inputs));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[2], "dlosses", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[2], "dlosses", {inputs[0].shape[0]}));
  return std::vector{inputs[0]};
}

template <const OpDef& (*gradient_op)()>
std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  const ValueId dx =
      graph
          .Apply(gradient_op(), {node.inputs[0], node.inputs[1], output_gradients[0]},
                 node.attributes)
          .value();
  return {dx, ValueId()};
}

OpSample Sample(SampleSource& source) {
  const Shape shape = {source.Integer(1, 5), source.Integer(1, 37)};
  SampledTensor x = source.Reals(shape);
  SampledTensor targets = source.Reals(shape);
  return {{std::move(x), std::move(targets)}, {}};
}

OpSample SampleGradient(SampleSource& source) {
  OpSample sample = Sample(source);
  sample.inputs.push_back(source.Reals({sample.inputs[0].type.shape[0]}));
  return sample;
}

Status ExpectDelta(const Attributes& attributes) {
  const double delta = attributes.Real("delta");
  if (delta > 0) return Status();
  return Status(Code::kInvalidArgument, "delta is " + std::to_string(delta) + ", wanted above 0");
}

Result<std::vector<TensorType>> InferHuber(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectDelta(attributes));
  return Infer(inputs, attributes);
}

Result<std::vector<TensorType>> InferHuberGradient(TensorTypes inputs,
                                                   const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectDelta(attributes));
  return InferGradient(inputs, attributes);
}

// Errors on both sides of delta, and none where its second derivative jumps.
SampledTensor TargetsOffDelta(const SampledTensor& x, double delta, SampleSource& source) {
  SampledTensor targets = source.Reals(x.type.shape);
  for (std::size_t i = 0; i < targets.values.size(); ++i) {
    const double distance = std::abs(std::abs(x.values[i] - targets.values[i]) - delta);
    if (distance < 0.05) targets.values[i] = static_cast<float>(targets.values[i] + 0.125);
  }
  return targets;
}

OpSample SampleHuber(SampleSource& source) {
  OpSample sample = Sample(source);
  const double delta = source.Real(0.3, 1.5);
  sample.inputs[1] = TargetsOffDelta(sample.inputs[0], delta, source);
  sample.attributes = {{"delta", delta}};
  return sample;
}

OpSample SampleHuberGradient(SampleSource& source) {
  OpSample sample = SampleHuber(source);
  sample.inputs.push_back(source.Reals({sample.inputs[0].type.shape[0]}));
  return sample;
}

}  // namespace

const OpDef& BinaryCrossEntropyOp() {
  static constexpr OpDef kOp = {.name = "binary_cross_entropy",
                                .infer = Infer,
                                .gradient = Gradient<BinaryCrossEntropyGradientOp>,
                                .flops = FlopsPerElement<6>,
                                .sample = Sample,
                                .first_constant_input = 1};
  return kOp;
}

const OpDef& BinaryCrossEntropyGradientOp() {
  static constexpr OpDef kOp = {.name = "binary_cross_entropy_gradient",
                                .infer = InferGradient,
                                .flops = FlopsPerElement<5>,
                                .sample = SampleGradient,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& SquaredErrorOp() {
  static constexpr OpDef kOp = {.name = "squared_error",
                                .infer = Infer,
                                .gradient = Gradient<SquaredErrorGradientOp>,
                                .flops = FlopsPerElement<3>,
                                .sample = Sample,
                                .first_constant_input = 1};
  return kOp;
}

const OpDef& SquaredErrorGradientOp() {
  static constexpr OpDef kOp = {.name = "squared_error_gradient",
                                .infer = InferGradient,
                                .flops = FlopsPerElement<2>,
                                .sample = SampleGradient,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& HuberOp() {
  static constexpr OpDef kOp = {.name = "huber",
                                .infer = InferHuber,
                                .gradient = Gradient<HuberGradientOp>,
                                .flops = FlopsPerElement<5>,
                                .sample = SampleHuber,
                                .first_constant_input = 1};
  return kOp;
}

const OpDef& HuberGradientOp() {
  static constexpr OpDef kOp = {.name = "huber_gradient",
                                .infer = InferHuberGradient,
                                .flops = FlopsPerElement<4>,
                                .sample = SampleHuberGradient,
                                .in_place_input = 0};
  return kOp;
}

Result<ValueId> BinaryCrossEntropy(Graph& graph, ValueId logits, ValueId targets) {
  return graph.Apply(BinaryCrossEntropyOp(), {logits, targets});
}

Result<ValueId> SquaredError(Graph& graph, ValueId x, ValueId targets) {
  return graph.Apply(SquaredErrorOp(), {x, targets});
}

Result<ValueId> Huber(Graph& graph, ValueId x, ValueId targets, double delta) {
  return graph.Apply(HuberOp(), {x, targets}, {{"delta", delta}});
}

}  // namespace descent
