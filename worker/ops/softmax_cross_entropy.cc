#include "common/sample_format.h"
#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Status ExpectLogitsAndLabels(TensorTypes inputs) {
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "logits", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "logits", 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "labels", DataType::kInt32));
  return ExpectShape(inputs[1], "labels", {inputs[0].shape[0]});
}

TensorType OnePerRow(const TensorType& logits) { return {DataType::kFloat32, {logits.shape[0]}}; }

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectLogitsAndLabels(inputs));
  DESCENT_RETURN_IF_ERROR(ExpectSmoothing(attributes.Real("smoothing")));
  return std::vector{OnePerRow(inputs[0]), OnePerRow(inputs[0])};
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  // Only the losses carry a gradient: the logarithms exist for this node's own use.
  DESCENT_CHECK(!output_gradients[1].is_valid());
  const ValueId gradient =
      graph
          .Apply(SoftmaxCrossEntropyGradientOp(),
                 {node.inputs[0], node.inputs[1], node.outputs[1], output_gradients[0]},
                 node.attributes)
          .value();
  return {gradient, ValueId()};
}

OpSample Sample(SampleSource& source) {
  const std::int64_t rows = source.Integer(1, 5);
  const std::int64_t classes = source.Integer(2, 37);
  SampledTensor logits = source.Reals({rows, classes});
  SampledTensor labels = source.Labels(rows, classes);
  for (double& label : labels.values)
    if (source.Integer(0, 3) == 0) label = kIgnoredLabel;
  const double smoothing = source.Integer(0, 1) == 0 ? 0.0 : source.Real(0, 0.5);
  return {{std::move(logits), std::move(labels)}, {{"smoothing", smoothing}}};
}

Result<std::vector<TensorType>> InferGradient(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 4));
  DESCENT_RETURN_IF_ERROR(ExpectLogitsAndLabels(inputs));
  for (const TensorType& per_row : inputs.subspan(2)) {
    DESCENT_RETURN_IF_ERROR(ExpectType(per_row, "a value per row", DataType::kFloat32));
    DESCENT_RETURN_IF_ERROR(ExpectShape(per_row, "a value per row", {inputs[0].shape[0]}));
  }
  DESCENT_RETURN_IF_ERROR(ExpectSmoothing(attributes.Real("smoothing")));
  return std::vector{inputs[0]};
}

OpSample SampleGradient(SampleSource& source) {
  OpSample sample = Sample(source);
  const std::int64_t rows = sample.inputs[0].type.shape[0];
  sample.inputs.push_back(source.Reals({rows}));
  for (double& log_sum : sample.inputs.back().values) log_sum += 6;  // above log(37) + 2
  sample.inputs.push_back(source.Reals({rows}));
  return sample;
}

}  // namespace

const OpDef& SoftmaxCrossEntropyOp() {
  static constexpr OpDef kOp = {.name = "softmax_cross_entropy",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = FlopsPerElement<4>,
                                .sample = Sample,
                                .zero_in_evaluation = "smoothing"};
  return kOp;
}

const OpDef& SoftmaxCrossEntropyGradientOp() {
  static constexpr OpDef kOp = {.name = "softmax_cross_entropy_gradient",
                                .infer = InferGradient,
                                .flops = FlopsPerElement<3>,
                                .sample = SampleGradient,
                                .in_place_input = 0};
  return kOp;
}

Result<ValueId> SoftmaxCrossEntropy(Graph& graph, ValueId logits, ValueId labels,
                                    double smoothing) {
  DESCENT_ASSIGN(
      const std::vector<ValueId> outputs,
      graph.AddNode(SoftmaxCrossEntropyOp(), {logits, labels}, {{"smoothing", smoothing}}));
  return outputs[0];
}

}  // namespace descent
