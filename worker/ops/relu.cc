#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  return {graph.Apply(ReluGradientOp(), {output_gradients[0], node.outputs[0]}).value()};
}

}  // namespace

const OpDef& ReluOp() {
  static constexpr OpDef kOp = {.name = "relu",
                                .infer = InferLikeOnly,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<1>,
                                .sample = SampleOne,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& ReluGradientOp() {
  static constexpr OpDef kOp = {.name = "relu_gradient",
                                .infer = InferLikeBoth,
                                .flops = FlopsPerElement<1>,
                                .sample = SampleTwo,
                                .in_place_input = 0};
  return kOp;
}

Result<ValueId> Relu(Graph& graph, ValueId x) { return graph.Apply(ReluOp(), {x}); }

}  // namespace descent
