#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {

const OpDef& TopOneCorrectOp() {
  // The operands are those of the loss, and so are the rules.
  static const OpDef kOp = {
      .name = "top_one_correct",
      .infer =
          [](TensorTypes inputs, const Attributes&) {
            Result<std::vector<TensorType>> types =
                SoftmaxCrossEntropyOp().infer(inputs, {{"smoothing", 0.0}});
            if (types.ok()) types.value().resize(1);
            return types;
          },
      .flops = FlopsPerElement<1>,
      .sample = SoftmaxCrossEntropyOp().sample,
  };
  return kOp;
}

Result<ValueId> TopOneCorrect(Graph& graph, ValueId logits, ValueId labels) {
  return graph.Apply(TopOneCorrectOp(), {logits, labels});
}

}  // namespace descent
