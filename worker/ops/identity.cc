#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

std::vector<ValueId> Gradient(Graph&, const Node&, std::span<const ValueId> output_gradients) {
  return {output_gradients[0]};
}

}  // namespace

const OpDef& IdentityOp() {
  static constexpr OpDef kOp = {.name = "identity",
                                .infer = InferLikeOnly,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<0>,
                                .sample = SampleOne};
  return kOp;
}

Result<ValueId> Identity(Graph& graph, ValueId x) { return graph.Apply(IdentityOp(), {x}); }

}  // namespace descent
