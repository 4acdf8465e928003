#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  return {graph.Apply(GeluGradientOp(), {output_gradients[0], node.inputs[0]}).value()};
}

}  // namespace

const OpDef& GeluOp() {
  static constexpr OpDef kOp = {.name = "gelu",
                                .infer = InferLikeOnly,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<5>,
                                .sample = SampleOne,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& GeluGradientOp() {
  static constexpr OpDef kOp = {.name = "gelu_gradient",
                                .infer = InferLikeBoth,
                                .flops = FlopsPerElement<9>,
                                .sample = SampleTwo,
                                .in_place_input = 0};
  return kOp;
}

Result<ValueId> Gelu(Graph& graph, ValueId x) { return graph.Apply(GeluOp(), {x}); }

}  // namespace descent
