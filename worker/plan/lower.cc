#include <algorithm>
#include <utility>

#include "worker/graph/rewrite.h"
#include "worker/ops/differentiate.h"
#include "worker/ops/ops.h"
#include "worker/plan/program.h"

namespace descent {
namespace {

ValueId FindParameter(const Graph& graph, const ParameterSlot& slot) {
  for (const ValueId id : graph.parameters()) {
    if (graph.value(id).name != slot.name) continue;
    DESCENT_CHECK(graph.value(id).type.shape == slot.shape);
    return id;
  }
  DESCENT_CHECK(!"every slot of the layout belongs to a parameter of the model");
  return ValueId();
}

// What the model measures for the statistic of that slot.
ValueId FindMeasured(const Graph& graph, const ParameterSlot& slot) {
  for (const RunningStatistic& statistic : graph.statistics()) {
    if (graph.value(statistic.value).name == slot.name) return statistic.sum;
  }
  DESCENT_CHECK(!"every slot of the layout belongs to a parameter or statistic of the model");
  return ValueId();
}

// Whether the node that computes the value can write it into the gradient arena, where adding to
// what is there must be possible and no other node may read it.
bool CanLieInArena(const Graph& graph, ValueId gradient) {
  bool is_computed_alone = false;
  for (const Node& node : graph.nodes()) {
    if (std::ranges::find(node.inputs, gradient) != node.inputs.end()) return false;
    if (std::ranges::find(node.outputs, gradient) == node.outputs.end()) continue;
    const Kernel* kernel = FindKernel(node.op->name);
    is_computed_alone = node.outputs.size() == 1 && kernel != nullptr && kernel->can_accumulate;
  }
  return is_computed_alone;
}

// Appends a node that copies a value, at once behind the node that computes it, so that the copy's
// bucket need not wait for the end of the plan.
Result<ValueId> CopyAtOnce(Graph& graph, ValueId value) {
  DESCENT_ASSIGN(const ValueId copy, Identity(graph, value));
  std::vector<Node> nodes(graph.nodes().begin(), graph.nodes().end());
  const auto computes = [&](const Node& node) {
    return std::ranges::find(node.outputs, value) != node.outputs.end();
  };
  const auto behind = std::ranges::find_if(nodes, computes) + 1;
  std::rotate(behind, nodes.end() - 1, nodes.end());
  graph = graph.WithNodes(std::move(nodes));
  return copy;
}

// A gradient that cannot lie in the arena, or is another parameter's as well, is copied there.
Status MoveIntoArena(Differentiated& differentiated) {
  std::vector<ValueId>& gradients = differentiated.gradients;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const auto end = gradients.begin() + static_cast<std::ptrdiff_t>(i);
    const bool is_taken = std::find(gradients.begin(), end, gradients[i]) != end;
    if (!is_taken && CanLieInArena(differentiated.graph, gradients[i])) continue;
    DESCENT_ASSIGN(gradients[i], CopyAtOnce(differentiated.graph, gradients[i]));
  }
  return Status();
}

}  // namespace

Result<LoweredModel> Lower(const Graph& model, const ParameterLayout& layout, PlanKind kind) {
  if (!IsTraining(kind)) {
    const Graph evaluated = ForEvaluation(model);
    const ModelPorts& ports = evaluated.ports();
    std::vector<ValueId> wanted = {kind == PlanKind::kPredict ? ports.logits : ports.losses};
    if (kind == PlanKind::kEvaluate && ports.targets.is_valid()) wanted.push_back(ports.logits);
    if (kind == PlanKind::kEvaluate && ports.correct.is_valid()) wanted.push_back(ports.correct);
    if (kind == PlanKind::kEvaluate && ports.top_five.is_valid()) wanted.push_back(ports.top_five);
    return LoweredModel{RemoveDeadNodes(evaluated, wanted), {}};
  }
  std::vector<ValueId> parameters;
  std::vector<ValueId> measured;
  for (const ParameterSlot& slot : layout.slots) {
    if (slot.momentum) {
      measured.push_back(FindMeasured(model, slot));
    } else {
      parameters.push_back(FindParameter(model, slot));
    }
  }
  DESCENT_ASSIGN(Differentiated differentiated,
                 Differentiate(model, model.ports().losses, parameters));
  // Statistics lie behind the parameters in the layout.
  for (const ValueId sum : measured) differentiated.gradients.push_back(sum);
  DESCENT_RETURN_IF_ERROR(MoveIntoArena(differentiated));
  return LoweredModel{std::move(differentiated.graph), std::move(differentiated.gradients)};
}

}  // namespace descent
