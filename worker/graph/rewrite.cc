#include "worker/graph/rewrite.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace descent {

Graph RemoveDeadNodes(const Graph& graph, std::span<const ValueId> wanted) {
  std::vector<bool> is_needed(static_cast<std::size_t>(graph.value_count()));
  const auto need = [&](ValueId id) { is_needed[static_cast<std::size_t>(id.index)] = true; };
  const auto needed = [&](ValueId id) { return is_needed[static_cast<std::size_t>(id.index)]; };
  std::ranges::for_each(wanted, need);

  std::vector<Node> kept;
  for (std::size_t i = graph.nodes().size(); i-- > 0;) {
    const Node& node = graph.nodes()[i];
    if (std::ranges::none_of(node.outputs, needed)) continue;
    std::ranges::for_each(node.inputs, need);
    kept.push_back(node);
  }
  std::ranges::reverse(kept);
  return graph.WithNodes(std::move(kept));
}

Graph ForEvaluation(const Graph& graph) {
  std::vector<ValueId> replacement;
  for (int i = 0; i < graph.value_count(); ++i) replacement.push_back(ValueId{i});
  const auto replace = [&](ValueId& id) { id = replacement[static_cast<std::size_t>(id.index)]; };

  std::vector<Node> kept;
  for (Node node : graph.nodes()) {
    std::ranges::for_each(node.inputs, replace);
    if (node.op->is_identity_in_evaluation) {
      replacement[static_cast<std::size_t>(node.outputs[0].index)] = node.inputs[0];
      continue;
    }
    if (node.op->in_evaluation != nullptr) {
      node.op = &node.op->in_evaluation();
      node.outputs.resize(1);
    }
    if (!node.op->zero_in_evaluation.empty())
      node.attributes = node.attributes.With(node.op->zero_in_evaluation, 0.0);
    kept.push_back(std::move(node));
  }
  Graph evaluated = graph.WithNodes(std::move(kept));
  ModelPorts ports = graph.ports();
  for (ValueId* port : {&ports.logits, &ports.losses, &ports.correct}) {
    if (port->is_valid()) replace(*port);
  }
  evaluated.set_ports(ports);
  return evaluated;
}

}  // namespace descent
