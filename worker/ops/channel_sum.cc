#include "worker/ops/image_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectChannels(inputs[0], "x"));
  return std::vector{TensorType{DataType::kFloat32, {inputs[0].shape[1]}}};
}

OpSample Sample(SampleSource& source) { return {{source.Reals(SampleChannels(source))}, {}}; }

}  // namespace

const OpDef& ChannelSumOp() {
  static constexpr OpDef kOp = {
      .name = "channel_sum", .infer = Infer, .flops = FlopsPerElement<1>, .sample = Sample};
  return kOp;
}

}  // namespace descent
