#include "worker/graph/graph.h"

#include <utility>

namespace descent {

ValueId Graph::AddValue(Value value) {
  values_.push_back(std::move(value));
  return ValueId{value_count() - 1};
}

ValueId Graph::AddInput(std::string name, TensorType type) {
  return AddValue({std::move(name), std::move(type), ValueRole::kInput});
}

ValueId Graph::AddParameter(std::string name, Shape shape, Initialization initialization) {
  return AddValue({std::move(name),
                   {DataType::kFloat32, std::move(shape)},
                   ValueRole::kParameter,
                   initialization});
}

ValueId Graph::AddStatistic(std::string name, Shape shape, Initialization initialization) {
  return AddValue({std::move(name),
                   {DataType::kFloat32, std::move(shape)},
                   ValueRole::kStatistic,
                   initialization});
}

Result<std::vector<ValueId>> Graph::AddNode(const OpDef& op, std::vector<ValueId> inputs,
                                            Attributes attributes) {
  Result<std::vector<TensorType>> types = op.infer(TypesOf(inputs), attributes);
  if (!types.ok()) {
    const Status& status = types.status();
    return Status(status.code(), std::string(op.name) + ": " + status.message());
  }
  std::vector<ValueId> outputs;
  for (TensorType& type : types.value()) {
    const std::string name = std::string(op.name) + "_" + std::to_string(value_count());
    outputs.push_back(AddValue({name, std::move(type)}));
  }
  nodes_.push_back({&op, std::move(attributes), std::move(inputs), outputs});
  return outputs;
}

Result<ValueId> Graph::Apply(const OpDef& op, std::vector<ValueId> inputs, Attributes attributes) {
  DESCENT_ASSIGN(const std::vector<ValueId> outputs,
                 AddNode(op, std::move(inputs), std::move(attributes)));
  DESCENT_CHECK(outputs.size() == 1);
  return outputs[0];
}

Graph Graph::WithNodes(std::vector<Node> nodes) const {
  Graph graph;
  graph.values_ = values_;
  graph.nodes_ = std::move(nodes);
  graph.statistics_ = statistics_;
  graph.ports_ = ports_;
  return graph;
}

void Graph::StoreAs(ValueId id, DataType type) {
  DESCENT_CHECK(id.is_valid());
  values_[static_cast<std::size_t>(id.index)].type.type = type;
}

const Value& Graph::value(ValueId id) const {
  DESCENT_CHECK(id.is_valid());
  DESCENT_CHECK(id.index < value_count());
  return values_[static_cast<std::size_t>(id.index)];
}

std::vector<ValueId> Graph::parameters() const {
  std::vector<ValueId> ids;
  for (int i = 0; i < value_count(); ++i) {
    if (value(ValueId{i}).role == ValueRole::kParameter) ids.push_back(ValueId{i});
  }
  return ids;
}

std::vector<TensorType> Graph::TypesOf(std::span<const ValueId> ids) const {
  std::vector<TensorType> types;
  for (const ValueId id : ids) types.push_back(value(id).type);
  return types;
}

std::string Graph::ToString() const {
  std::string text;
  for (const Node& node : nodes_) {
    for (const ValueId id : node.outputs) {
      text += value(id).name + descent::ToString(value(id).type.shape) + " ";
    }
    text += "= " + std::string(node.op->name) + "(";
    for (const ValueId id : node.inputs) {
      if (text.back() != '(') text += ", ";
      text += value(id).name;
    }
    text += ")";
    if (const std::string attributes = node.attributes.ToString(); !attributes.empty()) {
      text += " " + attributes;
    }
    text += "\n";
  }
  return text;
}

}  // namespace descent
