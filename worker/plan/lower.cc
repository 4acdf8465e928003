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

// The node that computes the value alone, by a kernel that can add it to what is there; null if
// there is none.
const Node* AccumulatingNode(const Graph& graph, ValueId id) {
  for (const Node& node : graph.nodes()) {
    if (node.outputs[0] != id) continue;
    const Kernel* kernel = FindKernel(node.op->name);
    const bool can_accumulate = kernel != nullptr && kernel->can_accumulate;
    return can_accumulate && node.outputs.size() == 1 ? &node : nullptr;
  }
  return nullptr;
}

std::int64_t CountReads(const Graph& graph, ValueId id) {
  std::int64_t count = 0;
  for (const Node& node : graph.nodes()) count += std::ranges::count(node.inputs, id);
  return count;
}

// Whether the node that computes the value can write it into the gradient arena, where adding to
// what is there must be possible and no other node may read it.
bool CanLieInArena(const Graph& graph, ValueId gradient) {
  return CountReads(graph, gradient) == 0 && AccumulatingNode(graph, gradient) != nullptr;
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

// Where a gradient is the sum of two values, as that of an embedding's table that is the head's
// weight too, and both could lie in the arena: both do, and nobody adds them.
void SplitSum(LoweredModel& model, std::size_t slot) {
  Graph& graph = model.graph;
  const ValueId sum = model.gradients[slot];
  const auto computes = [&](const Node& node) { return node.outputs[0] == sum; };
  const auto add = std::ranges::find_if(graph.nodes(), computes);
  if (add == graph.nodes().end() || add->op->name != "add" || CountReads(graph, sum) != 0) return;
  if (std::ranges::count(model.gradients, sum) != 1) return;
  for (const ValueId term : add->inputs) {
    const bool has_the_shape = graph.value(term).type == graph.value(sum).type;
    const bool is_wanted = std::ranges::find(model.gradients, term) != model.gradients.end();
    if (!has_the_shape || is_wanted || CountReads(graph, term) != 1) return;
    if (AccumulatingNode(graph, term) == nullptr) return;
  }
  const bool is_first_later =
      AccumulatingNode(graph, add->inputs[0]) > AccumulatingNode(graph, add->inputs[1]);
  model.gradients[slot] = add->inputs[is_first_later ? 0 : 1];
  model.earlier_parts.push_back({add->inputs[is_first_later ? 1 : 0], slot});
  std::vector<Node> nodes(graph.nodes().begin(), graph.nodes().end());
  std::erase_if(nodes, computes);
  graph = graph.WithNodes(std::move(nodes));
}

// A gradient that cannot lie in the arena, or is another parameter's as well, is copied there.
Status MoveIntoArena(LoweredModel& model) {
  std::vector<ValueId>& gradients = model.gradients;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    SplitSum(model, i);
    const auto end = gradients.begin() + static_cast<std::ptrdiff_t>(i);
    const bool is_taken = std::find(gradients.begin(), end, gradients[i]) != end;
    if (!is_taken && CanLieInArena(model.graph, gradients[i])) continue;
    DESCENT_ASSIGN(gradients[i], CopyAtOnce(model.graph, gradients[i]));
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
    return LoweredModel{RemoveDeadNodes(evaluated, wanted), {}, {}};
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
  LoweredModel lowered{std::move(differentiated.graph), std::move(differentiated.gradients), {}};
  DESCENT_RETURN_IF_ERROR(MoveIntoArena(lowered));
  return lowered;
}

}  // namespace descent
