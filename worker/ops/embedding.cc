#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "tokens", DataType::kInt32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "tokens", 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "table", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[1], "table", 2));
  return std::vector{TensorType{DataType::kFloat32, {inputs[0].shape[0], inputs[1].shape[1]}}};
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  const std::int64_t vocabulary = graph.value(node.inputs[1]).type.shape[0];
  const ValueId gradient = graph
                               .Apply(EmbeddingGradientOp(), {node.inputs[0], output_gradients[0]},
                                      {{"vocabulary", vocabulary}})
                               .value();
  return {ValueId(), gradient};
}

OpSample Sample(SampleSource& source) {
  const std::int64_t vocabulary = source.Integer(1, 9);
  SampledTensor tokens = source.Labels(source.Integer(1, 12), vocabulary);
  SampledTensor table = source.Reals({vocabulary, source.Integer(1, 37)});
  return {{std::move(tokens), std::move(table)}, {}};
}

Result<std::vector<TensorType>> InferGradient(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "tokens", DataType::kInt32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "tokens", 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "dy", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[1], "dy", 2));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[1], "dy", {inputs[0].shape[0], inputs[1].shape[1]}));
  return std::vector{
      TensorType{DataType::kFloat32, {attributes.Integer("vocabulary"), inputs[1].shape[1]}}};
}

OpSample SampleGradient(SampleSource& source) {
  OpSample sample = Sample(source);
  const std::int64_t vocabulary = sample.inputs[1].type.shape[0];
  sample.inputs[1] = source.Reals({sample.inputs[0].type.shape[0], sample.inputs[1].type.shape[1]});
  sample.attributes = {{"vocabulary", vocabulary}};
  return sample;
}

double NoFlops(TensorTypes, TensorTypes, const Attributes&) { return 0; }

double GradientFlops(TensorTypes inputs, TensorTypes, const Attributes&) {
  return static_cast<double>(ElementCount(inputs[1].shape));
}

}  // namespace

const OpDef& EmbeddingOp() {
  static constexpr OpDef kOp = {.name = "embedding",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = NoFlops,
                                .sample = Sample};
  return kOp;
}

const OpDef& EmbeddingGradientOp() {
  static constexpr OpDef kOp = {.name = "embedding_gradient",
                                .infer = InferGradient,
                                .flops = GradientFlops,
                                .sample = SampleGradient};
  return kOp;
}

Result<ValueId> Embedding(Graph& graph, ValueId tokens, ValueId table) {
  return graph.Apply(EmbeddingOp(), {tokens, table});
}

}  // namespace descent
