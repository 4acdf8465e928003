#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "bias", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "x", 2));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[1], "bias", {inputs[0].shape[1]}));
  return std::vector{inputs[0]};
}

std::vector<ValueId> Gradient(Graph& graph, const Node&,
                              std::span<const ValueId> output_gradients) {
  return {output_gradients[0], ColumnSum(graph, output_gradients[0]).value()};
}

OpSample Sample(SampleSource& source) {
  const std::int64_t columns = source.Integer(1, 67);
  SampledTensor x = source.Reals({source.Integer(1, 5), columns});
  SampledTensor bias = source.Reals({columns});
  return {{std::move(x), std::move(bias)}, {}};
}

}  // namespace

const OpDef& AddBiasOp() {
  static constexpr OpDef kOp = {.name = "add_bias",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<1>,
                                .sample = Sample,
                                .in_place_input = 0};
  return kOp;
}

Result<ValueId> AddBias(Graph& graph, ValueId x, ValueId bias) {
  return graph.Apply(AddBiasOp(), {x, bias});
}

}  // namespace descent
