#include "worker/ops/shape_rule.h"
#include "worker/ops/transformer_ops.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "projections", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "projections", 2));
  const std::int64_t heads = attributes.Integer("heads");
  const std::int64_t tokens = attributes.Integer("tokens");
  const bool is_whole = heads >= 1 && tokens >= 1 && inputs[0].shape[0] % tokens == 0 &&
                        inputs[0].shape[1] % (6 * heads) == 0;
  if (!is_whole)
    return Status(Code::kInvalidArgument,
                  "projections is " + ToString(inputs[0].shape) + ", wanted rows in multiples of " +
                      std::to_string(tokens) + " tokens and columns in multiples of 3 times " +
                      std::to_string(heads) + " heads of an even width");
  return std::vector{inputs[0]};
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  const std::int64_t reversed = node.attributes.Flag("is_reversed") ? 0 : 1;
  return {
      graph.Apply(RotaryOp(), {output_gradients[0]}, node.attributes.With("is_reversed", reversed))
          .value()};
}

OpSample Sample(SampleSource& source) {
  const std::int64_t heads = source.Integer(1, 3);
  const std::int64_t tokens = source.Integer(1, 9);
  SampledTensor projections =
      source.Reals({tokens * source.Integer(1, 2), 6 * heads * source.Integer(1, 19)});
  return {{std::move(projections)},
          {{"heads", heads}, {"tokens", tokens}, {"is_reversed", source.Integer(0, 1)}}};
}

}  // namespace

const OpDef& RotaryOp() {
  static constexpr OpDef kOp = {.name = "rotary",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<2>,
                                .sample = Sample,
                                .in_place_input = 0};
  return kOp;
}

Result<ValueId> Rotary(Graph& graph, ValueId projections, RotaryOptions options) {
  return graph.Apply(RotaryOp(), {projections},
                     {{"heads", options.heads},
                      {"tokens", options.tokens},
                      {"is_reversed", std::int64_t{options.is_reversed}}});
}

}  // namespace descent
