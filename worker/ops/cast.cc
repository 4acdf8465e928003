#include "worker/ops/loss_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kInt32));
  return std::vector{TensorType{DataType::kFloat32, inputs[0].shape}};
}

OpSample Sample(SampleSource& source) { return {{source.Labels(source.Integer(1, 67), 50)}, {}}; }

}  // namespace

const OpDef& CastOp() {
  static constexpr OpDef kOp = {
      .name = "cast", .infer = Infer, .flops = FlopsPerElement<1>, .sample = Sample};
  return kOp;
}

Result<ValueId> Cast(Graph& graph, ValueId x) { return graph.Apply(CastOp(), {x}); }

}  // namespace descent
