#include "worker/ops/elementwise_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  const ValueId dy = output_gradients[0];
  const ValueId da = Mul(graph, dy, node.inputs[1]).value();
  const ValueId db = Mul(graph, dy, node.inputs[0]).value();
  return {da, db};
}

}  // namespace

const OpDef& MulOp() {
  static constexpr OpDef kOp = {.name = "mul",
                                .infer = InferLikeBoth,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<1>,
                                .sample = SampleTwo,
                                .in_place_input = 0};
  return kOp;
}

Result<ValueId> Mul(Graph& graph, ValueId a, ValueId b) { return graph.Apply(MulOp(), {a, b}); }

}  // namespace descent
