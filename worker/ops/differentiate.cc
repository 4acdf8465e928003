#include "worker/ops/differentiate.h"

#include <algorithm>
#include <string>
#include <utility>

#include "worker/graph/rewrite.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

// Gradients found so far, by the index of the value they belong to.
class GradientTable {
 public:
  explicit GradientTable(const Graph& graph)
      : gradients_(static_cast<std::size_t>(graph.value_count())) {}

  ValueId Of(ValueId id) const { return gradients_[static_cast<std::size_t>(id.index)]; }

  void Contribute(Graph& graph, ValueId id, ValueId contribution) {
    ValueId& gradient = gradients_[static_cast<std::size_t>(id.index)];
    gradient = gradient.is_valid() ? Add(graph, gradient, contribution).value() : contribution;
  }

 private:
  std::vector<ValueId> gradients_;
};

// For each value, whether a gradient through it reaches one of `parameters`.
std::vector<bool> LeadsTo(const Graph& graph, std::span<const ValueId> parameters) {
  std::vector<bool> leads(static_cast<std::size_t>(graph.value_count()));
  for (const ValueId id : parameters) leads[static_cast<std::size_t>(id.index)] = true;
  for (const Node& node : graph.nodes()) {
    const bool any = std::ranges::any_of(
        node.inputs, [&](ValueId id) { return leads[static_cast<std::size_t>(id.index)]; });
    for (const ValueId id : node.outputs) leads[static_cast<std::size_t>(id.index)] = any;
  }
  return leads;
}

Status DifferentiateNode(const Node& node, const std::vector<bool>& leads, Graph& graph,
                         GradientTable& table) {
  std::vector<ValueId> output_gradients;
  for (const ValueId id : node.outputs) output_gradients.push_back(table.Of(id));
  const auto is_valid = [](ValueId id) { return id.is_valid(); };
  if (std::ranges::none_of(output_gradients, is_valid)) return Status();
  if (!leads[static_cast<std::size_t>(node.outputs[0].index)]) return Status();
  if (node.op->gradient == nullptr) {
    return Status(Code::kInvalidArgument, std::string(node.op->name) + " has no gradient");
  }
  const std::vector<ValueId> input_gradients = node.op->gradient(graph, node, output_gradients);
  DESCENT_CHECK(input_gradients.size() == node.inputs.size());
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (input_gradients[i].is_valid()) table.Contribute(graph, node.inputs[i], input_gradients[i]);
  }
  return Status();
}

std::vector<ValueId> WantedValues(const Graph& graph, ValueId loss,
                                  std::span<const ValueId> gradients) {
  std::vector<ValueId> wanted(gradients.begin(), gradients.end());
  wanted.push_back(loss);
  for (const ValueId port : {graph.ports().losses, graph.ports().correct}) {
    if (port.is_valid()) wanted.push_back(port);
  }
  return wanted;
}

}  // namespace

Result<Differentiated> Differentiate(const Graph& graph, ValueId loss,
                                     std::span<const ValueId> parameters) {
  const std::vector<bool> leads = LeadsTo(graph, parameters);
  Graph extended = graph;
  GradientTable table(graph);
  DESCENT_ASSIGN(const ValueId ones, Fill(extended, graph.value(loss).type.shape, 1.0));
  table.Contribute(extended, loss, ones);
  for (std::size_t i = graph.nodes().size(); i-- > 0;) {
    DESCENT_RETURN_IF_ERROR(DifferentiateNode(graph.nodes()[i], leads, extended, table));
  }

  std::vector<ValueId> gradients;
  for (const ValueId parameter : parameters) {
    gradients.push_back(table.Of(parameter));
    if (!gradients.back().is_valid()) {
      return Status(Code::kInvalidArgument,
                    "the loss does not depend on " + graph.value(parameter).name);
    }
  }
  const std::vector<ValueId> wanted = WantedValues(graph, loss, gradients);
  return Differentiated{RemoveDeadNodes(extended, wanted), std::move(gradients)};
}

}  // namespace descent
