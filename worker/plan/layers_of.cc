#include <algorithm>

#include "worker/plan/program.h"

namespace descent {
namespace {

std::string WithoutLastName(const std::string& parameter) {
  return parameter.substr(0, parameter.rfind('.'));
}

// The parameter that the node reads or gives a gradient; empty: none.
std::string ParameterOf(const Node& node, const LoweredModel& model,
                        const ParameterLayout& layout) {
  for (const ValueId output : node.outputs) {
    const auto gradient = std::ranges::find(model.gradients, output);
    if (gradient != model.gradients.end())
      return layout.slots[static_cast<std::size_t>(gradient - model.gradients.begin())].name;
  }
  for (const ValueId input : node.inputs)
    if (model.graph.value(input).role == ValueRole::kParameter)
      return model.graph.value(input).name;
  return "";
}

}  // namespace

std::vector<std::string> LayersOf(const LoweredModel& model, const ParameterLayout& layout) {
  const std::span<const Node> nodes = model.graph.nodes();
  std::vector<std::string> layers;
  std::vector<int> computed_by(static_cast<std::size_t>(model.graph.value_count()), -1);
  for (const Node& node : nodes) {
    std::string layer = WithoutLastName(ParameterOf(node, model, layout));
    int last = -1;
    for (const ValueId input : node.inputs)
      last = std::max(last, computed_by[static_cast<std::size_t>(input.index)]);
    if (layer.empty() && last >= 0) layer = layers[static_cast<std::size_t>(last)];
    for (const ValueId output : node.outputs)
      computed_by[static_cast<std::size_t>(output.index)] = static_cast<int>(layers.size());
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace descent
