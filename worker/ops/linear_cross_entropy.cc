#include <string>

#include "common/sample_format.h"
#include "worker/ops/loss_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Status ExpectChunk(std::int64_t chunk_rows, std::int64_t rows) {
  if (1 <= chunk_rows && chunk_rows <= rows) return Status();
  return Status(Code::kInvalidArgument, "chunk_rows is " + std::to_string(chunk_rows) +
                                            ", wanted 1 to " + std::to_string(rows));
}

Status ExpectPerRow(TensorTypes inputs, std::int64_t rows) {
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[2], "labels", DataType::kInt32));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[2], "labels", {rows}));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[3], "dlosses", DataType::kFloat32));
  return ExpectShape(inputs[3], "dlosses", {rows});
}

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 4));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "x", 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "weight", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[1], "weight", 2));
  const std::int64_t rows = inputs[0].shape[0];
  const std::int64_t classes = inputs[1].shape[0];
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[1], "weight", {classes, inputs[0].shape[1]}));
  DESCENT_RETURN_IF_ERROR(ExpectPerRow(inputs, rows));
  DESCENT_RETURN_IF_ERROR(ExpectSmoothing(attributes.Real("smoothing")));
  const std::int64_t chunk_rows = attributes.Integer("chunk_rows");
  DESCENT_RETURN_IF_ERROR(ExpectChunk(chunk_rows, rows));
  const TensorType per_row = {DataType::kFloat32, {rows}};
  return std::vector{inputs[1], inputs[0], per_row, per_row,
                     TensorType{DataType::kFloat32, {chunk_rows, classes}}};
}

double Flops(TensorTypes inputs, TensorTypes, const Attributes&) {
  constexpr double kProducts = 3;  // logits, and two gradients
  constexpr double kOfLogit = 7;   // as softmax_cross_entropy and its gradient
  const auto width = static_cast<double>(inputs[0].shape[1]);
  const auto logits = static_cast<double>(inputs[0].shape[0] * inputs[1].shape[0]);
  return logits * (kProducts * 2 * width + kOfLogit);
}

OpSample Sample(SampleSource& source) {
  const std::int64_t rows = source.Integer(1, 9);
  const std::int64_t width = source.Integer(1, 19);
  const std::int64_t classes = source.Integer(2, 37);
  SampledTensor x = source.Reals({rows, width});
  SampledTensor weight = source.Reals({classes, width});
  for (double& value : weight.values) value /= 4;  // logits of a few units
  SampledTensor labels = source.Labels(rows, classes);
  for (double& label : labels.values)
    if (source.Integer(0, 3) == 0) label = kIgnoredLabel;
  SampledTensor loss_gradients = source.Reals({rows});
  const double smoothing = source.Integer(0, 1) == 0 ? 0.0 : source.Real(0, 0.5);
  return {{std::move(x), std::move(weight), std::move(labels), std::move(loss_gradients)},
          {{"smoothing", smoothing}, {"chunk_rows", source.Integer(1, rows)}}};
}

}  // namespace

const OpDef& LinearCrossEntropyOp() {
  static constexpr OpDef kOp = {
      .name = "linear_cross_entropy", .infer = Infer, .flops = Flops, .sample = Sample};
  return kOp;
}

}  // namespace descent
