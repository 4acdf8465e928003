#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 0));
  const Shape& shape = attributes.Integers("shape");
  for (const std::int64_t size : shape) {
    if (size < 1) {
      return Status(Code::kInvalidArgument, "shape is " + ToString(shape) + ", wanted sizes >= 1");
    }
  }
  return std::vector{TensorType{DataType::kFloat32, shape}};
}

double Flops(TensorTypes, TensorTypes, const Attributes&) { return 0; }

OpSample Sample(SampleSource& source) {
  return {{}, {{"shape", Shape{source.Integer(1, 99)}}, {"value", source.Real(-2, 2)}}};
}

}  // namespace

const OpDef& FillOp() {
  static constexpr OpDef kOp = {.name = "fill", .infer = Infer, .flops = Flops, .sample = Sample};
  return kOp;
}

Result<ValueId> Fill(Graph& graph, Shape shape, double value) {
  return graph.Apply(FillOp(), {}, {{"shape", std::move(shape)}, {"value", value}});
}

}  // namespace descent
