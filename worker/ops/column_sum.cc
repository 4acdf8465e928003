#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "x", 2));
  return std::vector{TensorType{DataType::kFloat32, {inputs[0].shape[1]}}};
}

}  // namespace

const OpDef& ColumnSumOp() {
  static constexpr OpDef kOp = {
      .name = "column_sum", .infer = Infer, .flops = FlopsPerElement<1>, .sample = SampleOne};
  return kOp;
}

Result<ValueId> ColumnSum(Graph& graph, ValueId x) { return graph.Apply(ColumnSumOp(), {x}); }

}  // namespace descent
