#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

Status ExpectProjections(const TensorType& projections, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectType(projections, "projections", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(projections, "projections", 2));
  DESCENT_RETURN_IF_ERROR(ExpectProbability(attributes.Real("probability")));
  const std::int64_t heads = attributes.Integer("heads");
  const std::int64_t tokens = attributes.Integer("tokens");
  if (heads >= 1 && tokens >= 1 && projections.shape[0] % tokens == 0 &&
      projections.shape[1] % (3 * heads) == 0)
    return Status();
  return Status(Code::kInvalidArgument, "projections are " + ToString(projections.shape) +
                                            ", wanted rows in multiples of " +
                                            std::to_string(tokens) +
                                            " tokens and columns in multiples of 3 times " +
                                            std::to_string(heads) + " heads");
}

TensorType OutputType(const TensorType& projections) {
  return {DataType::kFloat32, {projections.shape[0], projections.shape[1] / 3}};
}

TensorType LogSumsType(const TensorType& projections, const Attributes& attributes) {
  return {DataType::kFloat32, {projections.shape[0], attributes.Integer("heads")}};
}

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectProjections(inputs[0], attributes));
  return std::vector{OutputType(inputs[0]), LogSumsType(inputs[0], attributes)};
}

std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  // Only y carries a gradient: the logarithms exist for this node's own use.
  DESCENT_CHECK(!output_gradients[1].is_valid());
  return {graph
              .Apply(CausalAttentionGradientOp(),
                     {node.inputs[0], node.outputs[0], node.outputs[1], output_gradients[0]},
                     node.attributes)
              .value()};
}

OpSample Sample(SampleSource& source) {
  const std::int64_t heads = source.Integer(1, 3);
  const std::int64_t tokens = source.Integer(1, 9);
  SampledTensor projections =
      source.Reals({tokens * source.Integer(1, 2), 3 * heads * source.Integer(1, 6)});
  const double probability = source.Integer(0, 1) == 0 ? 0.0 : source.Real(0, 0.9);
  return {{std::move(projections)},
          {{"heads", heads},
           {"tokens", tokens},
           {"probability", probability},
           {"layer", source.Integer(0, 3)}}};
}

Result<std::vector<TensorType>> InferGradient(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 4));
  DESCENT_RETURN_IF_ERROR(ExpectProjections(inputs[0], attributes));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[1], "y", OutputType(inputs[0]).shape));
  DESCENT_RETURN_IF_ERROR(
      ExpectShape(inputs[2], "log_sums", LogSumsType(inputs[0], attributes).shape));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[3], "dy", OutputType(inputs[0]).shape));
  return std::vector{inputs[0]};
}

OpSample SampleGradient(SampleSource& source) {
  OpSample sample = Sample(source);
  const TensorType projections = sample.inputs[0].type;
  sample.inputs.push_back(source.Reals(OutputType(projections).shape));
  sample.inputs.push_back(source.Reals(LogSumsType(projections, sample.attributes).shape));
  // Above every score, of which the largest is 4 times the square root of 6, plus log 9.
  for (double& log_sum : sample.inputs.back().values) log_sum += 14;
  sample.inputs.push_back(source.Reals(OutputType(projections).shape));
  return sample;
}

// Two products of a triangle of T by T scores with D columns, for every head; and five.
template <int products>
double Flops(TensorTypes inputs, TensorTypes, const Attributes& attributes) {
  const auto rows = static_cast<double>(inputs[0].shape[0]);
  const auto width = static_cast<double>(inputs[0].shape[1]) / 3;
  return products * rows * (static_cast<double>(attributes.Integer("tokens")) + 1) * width;
}

}  // namespace

const OpDef& CausalAttentionOp() {
  static constexpr OpDef kOp = {.name = "causal_attention",
                                .infer = Infer,
                                .gradient = Gradient,
                                .flops = Flops<2>,
                                .sample = Sample,
                                .zero_in_evaluation = "probability"};
  return kOp;
}

const OpDef& CausalAttentionGradientOp() {
  static constexpr OpDef kOp = {.name = "causal_attention_gradient",
                                .infer = InferGradient,
                                .flops = Flops<5>,
                                .sample = SampleGradient};
  return kOp;
}

Result<ValueId> CausalAttention(Graph& graph, ValueId projections, CausalAttentionOptions options) {
  DESCENT_ASSIGN(const std::vector<ValueId> outputs,
                 graph.AddNode(CausalAttentionOp(), {projections},
                               {{"heads", options.heads},
                                {"tokens", options.tokens},
                                {"probability", options.probability},
                                {"layer", options.layer}}));
  return outputs[0];
}

}  // namespace descent
