#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Status ExpectWholeSamples(const TensorType& x, std::int64_t tokens) {
  if (tokens >= 1 && x.shape[0] % tokens == 0) return Status();
  return Status(Code::kInvalidArgument, "x has " + std::to_string(x.shape[0]) +
                                            " rows, wanted a multiple of the " +
                                            std::to_string(tokens) + " tokens of a sample");
}

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "positions", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "x", 2));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[1], "positions", 2));
  DESCENT_RETURN_IF_ERROR(
      ExpectShape(inputs[1], "positions", {inputs[1].shape[0], inputs[0].shape[1]}));
  DESCENT_RETURN_IF_ERROR(ExpectWholeSamples(inputs[0], inputs[1].shape[0]));
  return std::vector{inputs[0]};
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  const std::int64_t tokens = graph.value(node.inputs[1]).type.shape[0];
  const ValueId sums =
      graph.Apply(PositionSumOp(), {output_gradients[0]}, {{"tokens", tokens}}).value();
  return {output_gradients[0], sums};
}

OpSample Sample(SampleSource& source) {
  const std::int64_t tokens = source.Integer(1, 5);
  const std::int64_t columns = source.Integer(1, 37);
  SampledTensor x = source.Reals({tokens * source.Integer(1, 4), columns});
  SampledTensor positions = source.Reals({tokens, columns});
  return {{std::move(x), std::move(positions)}, {}};
}

Result<std::vector<TensorType>> InferSum(TensorTypes inputs, const Attributes& attributes) {
  const std::int64_t tokens = attributes.Integer("tokens");
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "x", 2));
  DESCENT_RETURN_IF_ERROR(ExpectWholeSamples(inputs[0], tokens));
  return std::vector{TensorType{DataType::kFloat32, {tokens, inputs[0].shape[1]}}};
}

OpSample SampleSum(SampleSource& source) {
  OpSample sample = Sample(source);
  sample.attributes = {{"tokens", sample.inputs[1].type.shape[0]}};
  sample.inputs.pop_back();
  return sample;
}

}  // namespace

const OpDef& AddPositionsOp() {
  static constexpr OpDef kOp = {.name = "add_positions",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<1>,
                                .sample = Sample,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& PositionSumOp() {
  static constexpr OpDef kOp = {
      .name = "position_sum", .infer = InferSum, .flops = FlopsPerElement<1>, .sample = SampleSum};
  return kOp;
}

Result<ValueId> AddPositions(Graph& graph, ValueId x, ValueId positions) {
  return graph.Apply(AddPositionsOp(), {x, positions});
}

}  // namespace descent
