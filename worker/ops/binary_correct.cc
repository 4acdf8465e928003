#include "worker/ops/loss_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "logits", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "logits", 2));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[0], "logits", {inputs[0].shape[0], 1}));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "labels", DataType::kInt32));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[1], "labels", inputs[0].shape));
  return std::vector{TensorType{DataType::kFloat32, {inputs[0].shape[0]}}};
}

OpSample Sample(SampleSource& source) {
  const std::int64_t rows = source.Integer(1, 67);
  SampledTensor logits = source.Reals({rows, 1});
  SampledTensor labels = source.Labels(rows, 2);
  labels.type.shape = {rows, 1};
  return {{std::move(logits), std::move(labels)}, {}};
}

}  // namespace

const OpDef& BinaryCorrectOp() {
  static constexpr OpDef kOp = {
      .name = "binary_correct", .infer = Infer, .flops = FlopsPerElement<1>, .sample = Sample};
  return kOp;
}

Result<ValueId> BinaryCorrect(Graph& graph, ValueId logits, ValueId labels) {
  return graph.Apply(BinaryCorrectOp(), {logits, labels});
}

}  // namespace descent
