#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

std::vector<ValueId> Gradient(Graph&, const Node&, std::span<const ValueId> output_gradients) {
  return {output_gradients[0], output_gradients[0]};
}

}  // namespace

const OpDef& AddOp() {
  static constexpr OpDef kOp = {.name = "add",
                                .infer = InferLikeBoth,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<1>,
                                .sample = SampleTwo,
                                .in_place_input = 0};
  return kOp;
}

Result<ValueId> Add(Graph& graph, ValueId a, ValueId b) { return graph.Apply(AddOp(), {a, b}); }

}  // namespace descent
