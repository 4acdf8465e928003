#include <cmath>

#include "worker/ops/elementwise_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

// What the gradient op takes beside dy: the operand of the forward op, or its result.
enum class Needs { kInput, kOutput };

template <const OpDef& (*gradient_op)(), Needs needs>
std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  const ValueId needed = needs == Needs::kInput ? node.inputs[0] : node.outputs[0];
  return {graph.Apply(gradient_op(), {output_gradients[0], needed}, node.attributes).value()};
}

std::vector<ValueId> ExpGradient(Graph& graph, const Node& node,
                                 std::span<const ValueId> output_gradients) {
  return {Mul(graph, output_gradients[0], node.outputs[0]).value()};
}

Status ExpectBounds(const Attributes& attributes) {
  const double low = attributes.Real("low"), high = attributes.Real("high");
  if (low <= high) return Status();
  return Status(Code::kInvalidArgument,
                "low is " + std::to_string(low) + ", wanted at most high " + std::to_string(high));
}

Result<std::vector<TensorType>> InferClip(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectBounds(attributes));
  return InferLikeOnly(inputs, attributes);
}

Result<std::vector<TensorType>> InferClipGradient(TensorTypes inputs,
                                                  const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectBounds(attributes));
  return InferLikeBoth(inputs, attributes);
}

// At least one from zero, near which the derivatives have no bound.
OpSample FarFromZero(OpSample sample) {
  for (double& value : sample.inputs.back().values)
    value = static_cast<float>(value + std::copysign(1.0, value));
  return sample;
}

OpSample Positive(OpSample sample) {
  sample = FarFromZero(std::move(sample));
  for (double& value : sample.inputs.back().values) value = std::abs(value);
  return sample;
}

OpSample SamplePositive(SampleSource& source) { return Positive(SampleOne(source)); }
OpSample SampleWithPositive(SampleSource& source) { return Positive(SampleTwo(source)); }

// A real exponent of positive operands, or a whole one of any.
OpSample WithExponent(OpSample sample, SampleSource& source) {
  const bool is_whole = source.Integer(0, 1) == 1;
  sample = is_whole ? FarFromZero(std::move(sample)) : Positive(std::move(sample));
  // Rounded to float, so that a kernel and its f64 reference raise to the same power.
  const double exponent = is_whole ? static_cast<double>(source.Integer(-2, 3))
                                   : double{static_cast<float>(source.Real(-2, 3))};
  sample.attributes = {{"exponent", exponent}};
  return sample;
}

OpSample SamplePow(SampleSource& source) { return WithExponent(SampleOne(source), source); }
OpSample SamplePowGradient(SampleSource& source) { return WithExponent(SampleTwo(source), source); }

// On both sides of the bounds, and away from them, where the derivative jumps.
OpSample WithBounds(OpSample sample) {
  for (double& value : sample.inputs.back().values) {
    if (std::abs(std::abs(value) - 0.75) < 0.05) value = 0.5;
  }
  sample.attributes = {{"low", -0.75}, {"high", 0.75}};
  return sample;
}

OpSample SampleClip(SampleSource& source) { return WithBounds(SampleOne(source)); }
OpSample SampleClipGradient(SampleSource& source) { return WithBounds(SampleTwo(source)); }

using Sampler = OpSample (*)(SampleSource&);
using Rule = decltype(OpDef::gradient);

constexpr OpDef Forward(std::string_view name, Rule gradient, Sampler sample = SampleOne) {
  return {.name = name,
          .infer = InferLikeOnly,
          .gradient = gradient,
          .flops = FlopsPerElement<4>,
          .sample = sample,
          .in_place_input = 0};
}

constexpr OpDef Backward(std::string_view name, Sampler sample = SampleTwo) {
  return {.name = name,
          .infer = InferLikeBoth,
          .flops = FlopsPerElement<4>,
          .sample = sample,
          .in_place_input = 0};
}

}  // namespace

const OpDef& SigmoidGradientOp() {
  static constexpr OpDef kOp = Backward("sigmoid_gradient");
  return kOp;
}

const OpDef& TanhGradientOp() {
  static constexpr OpDef kOp = Backward("tanh_gradient");
  return kOp;
}

const OpDef& LogGradientOp() {
  static constexpr OpDef kOp = Backward("log_gradient", SampleWithPositive);
  return kOp;
}

const OpDef& SqrtGradientOp() {
  static constexpr OpDef kOp = Backward("sqrt_gradient", SampleWithPositive);
  return kOp;
}

const OpDef& PowGradientOp() {
  static constexpr OpDef kOp = Backward("pow_gradient", SamplePowGradient);
  return kOp;
}

const OpDef& ClipGradientOp() {
  static constexpr OpDef kOp = {.name = "clip_gradient",
                                .infer = InferClipGradient,
                                .flops = FlopsPerElement<2>,
                                .sample = SampleClipGradient,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& SigmoidOp() {
  static constexpr OpDef kOp = Forward("sigmoid", Gradient<SigmoidGradientOp, Needs::kOutput>);
  return kOp;
}

const OpDef& TanhOp() {
  static constexpr OpDef kOp = Forward("tanh", Gradient<TanhGradientOp, Needs::kOutput>);
  return kOp;
}

const OpDef& ExpOp() {
  static constexpr OpDef kOp = Forward("exp", ExpGradient);
  return kOp;
}

const OpDef& LogOp() {
  static constexpr OpDef kOp =
      Forward("log", Gradient<LogGradientOp, Needs::kInput>, SamplePositive);
  return kOp;
}

const OpDef& SqrtOp() {
  static constexpr OpDef kOp =
      Forward("sqrt", Gradient<SqrtGradientOp, Needs::kOutput>, SamplePositive);
  return kOp;
}

const OpDef& PowOp() {
  static constexpr OpDef kOp = Forward("pow", Gradient<PowGradientOp, Needs::kInput>, SamplePow);
  return kOp;
}

const OpDef& ClipOp() {
  static constexpr OpDef kOp = {.name = "clip",
                                .infer = InferClip,
                                .gradient = Gradient<ClipGradientOp, Needs::kInput>,
                                .flops = FlopsPerElement<2>,
                                .sample = SampleClip,
                                .in_place_input = 0};
  return kOp;
}

Result<ValueId> Sigmoid(Graph& graph, ValueId x) { return graph.Apply(SigmoidOp(), {x}); }
Result<ValueId> Tanh(Graph& graph, ValueId x) { return graph.Apply(TanhOp(), {x}); }
Result<ValueId> Exp(Graph& graph, ValueId x) { return graph.Apply(ExpOp(), {x}); }
Result<ValueId> Log(Graph& graph, ValueId x) { return graph.Apply(LogOp(), {x}); }
Result<ValueId> Sqrt(Graph& graph, ValueId x) { return graph.Apply(SqrtOp(), {x}); }

Result<ValueId> Pow(Graph& graph, ValueId x, double exponent) {
  return graph.Apply(PowOp(), {x}, {{"exponent", exponent}});
}

Result<ValueId> Clip(Graph& graph, ValueId x, double low, double high) {
  return graph.Apply(ClipOp(), {x}, {{"low", low}, {"high", high}});
}

}  // namespace descent
