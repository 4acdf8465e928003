#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {

const OpDef& TopFiveCorrectOp() {
  static const OpDef kOp = {
      .name = "top_five_correct",
      .infer = TopOneCorrectOp().infer,
      .flops = FlopsPerElement<1>,
      .sample = TopOneCorrectOp().sample,
  };
  return kOp;
}

Result<ValueId> TopFiveCorrect(Graph& graph, ValueId logits, ValueId labels) {
  return graph.Apply(TopFiveCorrectOp(), {logits, labels});
}

}  // namespace descent
