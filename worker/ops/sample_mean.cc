#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Status ExpectVector(TensorTypes inputs) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  return ExpectAxes(inputs[0], "x", 1);
}

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs));
  const std::int64_t tokens = attributes.Integer("tokens");
  if (tokens < 1 || inputs[0].shape[0] % tokens != 0)
    return Status(Code::kInvalidArgument, "x has " + std::to_string(inputs[0].shape[0]) +
                                              " values, wanted a multiple of the " +
                                              std::to_string(tokens) + " tokens of a sample");
  return std::vector{TensorType{DataType::kFloat32, {inputs[0].shape[0] / tokens}}};
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  return {graph.Apply(SampleMeanGradientOp(), {output_gradients[0]}, node.attributes).value()};
}

OpSample Sample(SampleSource& source) {
  const std::int64_t tokens = source.Integer(1, 40);
  return {{source.Reals({tokens * source.Integer(1, 5)})}, {{"tokens", tokens}}};
}

Result<std::vector<TensorType>> InferGradient(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectVector(inputs));
  return std::vector{
      TensorType{DataType::kFloat32, {inputs[0].shape[0] * attributes.Integer("tokens")}}};
}

}  // namespace

const OpDef& SampleMeanOp() {
  static constexpr OpDef kOp = {.name = "sample_mean",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<1>,
                                .sample = Sample};
  return kOp;
}

const OpDef& SampleMeanGradientOp() {
  static constexpr OpDef kOp = {.name = "sample_mean_gradient",
                                .infer = InferGradient,
                                .flops = FlopsPerElement<1>,
                                .sample = Sample};
  return kOp;
}

Result<ValueId> SampleMean(Graph& graph, ValueId x, std::int64_t tokens) {
  return graph.Apply(SampleMeanOp(), {x}, {{"tokens", tokens}});
}

}  // namespace descent
