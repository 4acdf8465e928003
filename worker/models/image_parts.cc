#include "worker/models/image_parts.h"

#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {

Result<ValueId> AppendLinear(Graph& graph, const std::string& name, const LinearPart& part,
                             ValueId x) {
  DESCENT_RETURN_IF_ERROR(ExpectAxes(graph.value(x).type, "x", 2));
  const std::int64_t inputs = graph.value(x).type.shape[1];
  const ValueId weight = graph.AddParameter(name + ".weight", {part.outputs, inputs},
                                            WeightStart(part.initializer, inputs));
  DESCENT_ASSIGN(const ValueId product, MatMul(graph, x, weight, {.transpose_b = true}));
  if (!part.has_bias) return product;
  const ValueId bias =
      graph.AddParameter(name + ".bias", {part.outputs}, BiasStart(part.initializer, inputs));
  return AddBias(graph, product, bias);
}

Result<ValueId> AppendConvolution(Graph& graph, const std::string& name,
                                  const ConvolutionPart& part, ValueId x) {
  DESCENT_RETURN_IF_ERROR(ExpectAxes(graph.value(x).type, "x", 4));
  const std::int64_t channels = graph.value(x).type.shape[1] / part.options.groups;
  const ValueId weight = graph.AddParameter(
      name + ".weight", {part.outputs, channels, part.kernel, part.kernel}, part.weight);
  ValueId bias;
  if (part.has_bias) bias = graph.AddParameter(name + ".bias", {part.outputs}, part.bias);
  return Conv2d(graph, x, weight, bias, part.options);
}

Result<ValueId> AppendBatchNorm(Graph& graph, const std::string& name, const BatchNormPart& part,
                                ValueId x) {
  DESCENT_RETURN_IF_ERROR(ExpectChannels(graph.value(x).type, "x"));
  const Shape shape = {graph.value(x).type.shape[1]};
  const auto zero = Initialization::Constant(0), one = Initialization::Constant(1);
  const BatchNormOperands operands = {
      .x = x,
      .gain = graph.AddParameter(name + ".weight", shape, one),
      .bias = graph.AddParameter(name + ".bias", shape, zero),
      .running_mean = graph.AddStatistic(name + ".running_mean", shape, zero),
      .running_variance = graph.AddStatistic(name + ".running_var", shape, one)};
  DESCENT_ASSIGN(const BatchNormValues values, BatchNorm(graph, operands, part.epsilon));
  graph.Follow({operands.running_mean, values.mean_sum, part.momentum});
  graph.Follow({operands.running_variance, values.variance_sum, part.momentum});
  return values.y;
}

}  // namespace descent
