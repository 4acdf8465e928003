#include "worker/ops/elementwise_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

template <const OpDef& (*gradient_op)()>
std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  return {graph.Apply(gradient_op(), {output_gradients[0], node.inputs[0]}).value()};
}

}  // namespace

const OpDef& SiluOp() {
  static constexpr OpDef kOp = {.name = "silu",
                                .infer = InferLikeOnly,
                                .gradient = Gradient<SiluGradientOp>,
                                .flops = FlopsPerElement<4>,
                                .sample = SampleOne,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& SiluGradientOp() {
  static constexpr OpDef kOp = {.name = "silu_gradient",
                                .infer = InferLikeBoth,
                                .flops = FlopsPerElement<8>,
                                .sample = SampleTwo,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& GeluTanhOp() {
  static constexpr OpDef kOp = {.name = "gelu_tanh",
                                .infer = InferLikeOnly,
                                .gradient = Gradient<GeluTanhGradientOp>,
                                .flops = FlopsPerElement<8>,
                                .sample = SampleOne,
                                .in_place_input = 0};
  return kOp;
}

const OpDef& GeluTanhGradientOp() {
  static constexpr OpDef kOp = {.name = "gelu_tanh_gradient",
                                .infer = InferLikeBoth,
                                .flops = FlopsPerElement<14>,
                                .sample = SampleTwo,
                                .in_place_input = 0};
  return kOp;
}

Result<ValueId> Silu(Graph& graph, ValueId x) { return graph.Apply(SiluOp(), {x}); }

Result<ValueId> GeluTanh(Graph& graph, ValueId x) { return graph.Apply(GeluTanhOp(), {x}); }

}  // namespace descent
