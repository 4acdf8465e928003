#include "worker/models/mlp.h"

#include <string>

#include "worker/models/initializer.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

// y = x weight^T + bias:  x [B, in]   ->   y [B, outputs].
Result<ValueId> AppendLinear(Graph& graph, std::int64_t layer, ValueId x, const MlpExtent& extent) {
  const auto [outputs, initializer] = extent;
  const std::int64_t inputs = graph.value(x).type.shape[1];
  const std::string name = "layers." + std::to_string(layer);
  const ValueId weight =
      graph.AddParameter(name + ".weight", {outputs, inputs}, WeightStart(initializer, inputs));
  const ValueId bias =
      graph.AddParameter(name + ".bias", {outputs}, BiasStart(initializer, inputs));
  DESCENT_ASSIGN(const ValueId product, MatMul(graph, x, weight, {.transpose_b = true}));
  return AddBias(graph, product, bias);
}

Result<ValueId> AppendActivation(Graph& graph, Activation activation, ValueId x) {
  switch (activation) {
    case Activation::kRelu:
      return Relu(graph, x);
    case Activation::kGelu:
      return Gelu(graph, x);
  }
  return Status(Code::kInvalidArgument, "unknown activation");
}

}  // namespace

Result<ValueId> AppendMlp(Graph& graph, const MlpSpec& spec, const MlpExtent& extent, ValueId x) {
  std::int64_t layer = 0;
  for (const std::int64_t hidden_size : spec.hidden_sizes) {
    DESCENT_ASSIGN(const ValueId linear,
                   AppendLinear(graph, layer, x, {hidden_size, extent.initializer}));
    DESCENT_ASSIGN(x, AppendActivation(graph, spec.activation, linear));
    if (spec.dropout > 0) {
      DESCENT_ASSIGN(x, Dropout(graph, x, {.probability = spec.dropout, .layer = layer}));
    }
    ++layer;
  }
  return AppendLinear(graph, layer, x, extent);
}

}  // namespace descent
