#include "worker/plan/mixed_precision.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "worker/ops/loss_ops.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

// Ops that multiply their first two operands.
constexpr std::array<std::string_view, 5> kProducts = {
    "matmul", "conv2d", "conv2d_input_gradient", "conv2d_weight_gradient", "linear_cross_entropy"};
constexpr std::size_t kFactors = 2;

// Whose first result is rounded when it is stored. What is not named stays f32: losses and what
// they are made of, residual sums, reductions, and whatever nobody has thought about. The gradient
// of logits is as large as they are, and products read it.
constexpr std::array<std::string_view, 38> kRounded = {
    "matmul",
    "add_bias",
    "conv2d",
    "conv2d_input_gradient",
    "relu",
    "relu_gradient",
    "gelu",
    "gelu_gradient",
    "gelu_tanh",
    "gelu_tanh_gradient",
    "silu",
    "silu_gradient",
    "sigmoid",
    "sigmoid_gradient",
    "tanh",
    "tanh_gradient",
    "mul",
    "dropout",
    "layer_norm",
    "layer_norm_gradient",
    "rms_norm",
    "rms_norm_gradient",
    "batch_norm",
    "batch_norm_gradient",
    "rotary",
    "causal_attention",
    "causal_attention_gradient",
    "max_pool2d",
    "max_pool2d_gradient",
    "avg_pool2d",
    "avg_pool2d_gradient",
    "global_avg_pool",
    "global_avg_pool_gradient",
    "transpose",
    "concat",
    "slice",
    "split",
    "softmax_cross_entropy_gradient",
};

bool IsOneOf(std::span<const std::string_view> names, const Node& node) {
  return std::ranges::find(names, node.op->name) != names.end();
}

std::size_t At(ValueId id) { return static_cast<std::size_t>(id.index); }

// Which of its results are rounded when they are stored: of the head of a classifier those of its
// parts, the gradient of x and the logits.
std::vector<std::size_t> RoundedOutputs(const Node& node) {
  if (node.op == &LinearCrossEntropyOp()) return {1, 4};
  const bool is_rounded = node.op->is_view || IsOneOf(kRounded, node);
  return is_rounded ? std::vector<std::size_t>{0} : std::vector<std::size_t>();
}

// By value: whether it lies in the caller's memory, which is f32.
std::vector<bool> CallersOwn(const LoweredModel& model, PlanKind kind) {
  std::vector<bool> is_callers(static_cast<std::size_t>(model.graph.value_count()));
  for (const CallersValue& value : CallersValues(model.graph, kind))
    is_callers[At(value.id)] = true;
  for (const ValueId id : model.gradients) is_callers[At(id)] = true;
  for (const LoweredModel::GradientPart& part : model.earlier_parts) is_callers[At(part.id)] = true;
  for (int i = 0; i < model.graph.value_count(); ++i) {
    if (model.graph.value(ValueId{i}).role != ValueRole::kTemporary)
      is_callers[static_cast<std::size_t>(i)] = true;
  }
  return is_callers;
}

// By value: whether it is stored in bf16, as far as the nodes' ops say.
std::vector<bool> StoredByOp(const LoweredModel& model, PlanKind kind) {
  const std::vector<bool> is_callers = CallersOwn(model, kind);
  std::vector<bool> is_stored(is_callers.size());
  for (const Node& node : model.graph.nodes()) {
    for (const std::size_t i : RoundedOutputs(node)) {
      const ValueId output = node.outputs[i];
      if (is_callers[At(output)]) continue;
      // A view shows what is there.
      is_stored[At(output)] = !node.op->is_view || is_stored[At(node.inputs[0])];
    }
  }
  return is_stored;
}

// Rewrites nodes in their order, with what they round in front of them.
class OperandRounder {
 public:
  OperandRounder(const Graph& graph, std::vector<bool> is_stored)
      : graph_(graph), is_stored_(std::move(is_stored)), rounded_(is_stored_.size()) {}

  Status Take(Node node) {
    const std::size_t factors = IsOneOf(kProducts, node) ? kFactors : 0;
    for (ValueId& id : std::span(node.inputs).first(factors)) {
      DESCENT_ASSIGN(id, Rounded(id));
    }
    nodes_.push_back(std::move(node));
    return Status();
  }

  Graph Finish() const { return graph_.WithNodes(nodes_); }

  Graph FinishAsStored() const {
    Graph stored = Finish();
    for (std::size_t i = 0; i < is_stored_.size(); ++i) {
      if (is_stored_[i]) stored.StoreAs(ValueId{static_cast<int>(i)}, DataType::kBFloat16);
    }
    return stored;
  }

 private:
  Result<ValueId> Rounded(ValueId id) {
    if (is_stored_[At(id)]) return id;
    if (!rounded_[At(id)].is_valid()) {
      DESCENT_ASSIGN(rounded_[At(id)], Identity(graph_, id));
      nodes_.push_back(graph_.nodes().back());
      is_stored_.push_back(true);
    }
    return rounded_[At(id)];
  }

  Graph graph_;
  std::vector<bool> is_stored_;   // in bf16, by value
  std::vector<ValueId> rounded_;  // by value of the original graph
  std::vector<Node> nodes_;
};

}  // namespace

Result<MixedPrecision> MixPrecision(LoweredModel model, PlanKind kind) {
  OperandRounder rounder(model.graph, StoredByOp(model, kind));
  for (const Node& node : model.graph.nodes()) DESCENT_RETURN_IF_ERROR(rounder.Take(node));
  return MixedPrecision{
      {rounder.Finish(), std::move(model.gradients), std::move(model.earlier_parts)},
      rounder.FinishAsStored()};
}

}  // namespace descent
