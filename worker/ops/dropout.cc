#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "x", 2));
  DESCENT_RETURN_IF_ERROR(ExpectProbability(attributes.Real("probability")));
  return std::vector{inputs[0]};
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  return {graph.Apply(DropoutOp(), {output_gradients[0]}, node.attributes).value()};
}

OpSample Sample(SampleSource& source) {
  OpSample sample = SampleOne(source);
  sample.attributes = {{"probability", source.Real(0, 0.9)},
                       {"layer", source.Integer(0, 3)},
                       {"rows_per_sample", source.Integer(1, 3)}};
  return sample;
}

}  // namespace

const OpDef& DropoutOp() {
  static constexpr OpDef kOp = {.name = "dropout",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<1>,
                                .sample = Sample,
                                .in_place_input = 0,
                                .is_identity_in_evaluation = true};
  return kOp;
}

Result<ValueId> Dropout(Graph& graph, ValueId x, DropoutOptions options) {
  return graph.Apply(DropoutOp(), {x},
                     {{"probability", options.probability},
                      {"layer", options.layer},
                      {"rows_per_sample", options.rows_per_sample}});
}

}  // namespace descent
