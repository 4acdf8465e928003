#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/graph/op_def.h"
#include "worker/graph/types.h"

namespace descent {

enum class ValueRole {
  kInput,      // given anew for every run
  kParameter,  // learned; lies in the parameter arena
  kTemporary,  // computed by a node
};

// A tensor of a graph: assigned once, by a node or from outside.
struct Value {
  std::string name;
  TensorType type;
  ValueRole role = ValueRole::kTemporary;
  double init_bound = 0.0;  // of a parameter: starts uniform on [-init_bound, init_bound)
};

// One application of an op.
struct Node {
  const OpDef* op = nullptr;
  Attributes attributes;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
};

// Where a model meets the world. B rows, F features, C classes.
struct ModelPorts {
  ValueId features;  // f32 [B, F]
  ValueId labels;    // int32 [B]
  ValueId losses;    // f32 [B]
  ValueId correct;   // f32 [B]: 1 if the largest logit is the label's, else 0
};

// A computation in static single assignment: nodes in an order in which they can run, append-only.
// No strides and no storage: where a tensor lies is the plan's business. A value type: copies are
// independent, and derived graphs keep the ids. Reads from any thread; one writer.
class Graph {
 public:
  ValueId AddInput(std::string name, TensorType type);
  ValueId AddParameter(std::string name, Shape shape, double init_bound);

  // Appends a node; its outputs' ids. kInvalidArgument: the op refuses these operands.
  Result<std::vector<ValueId>> AddNode(const OpDef& op, std::vector<ValueId> inputs,
                                       Attributes attributes = {});
  // The same for an op with one output.
  Result<ValueId> Apply(const OpDef& op, std::vector<ValueId> inputs, Attributes attributes = {});

  // The same values and ids, computed by `nodes` alone.
  Graph WithNodes(std::vector<Node> nodes) const;

  const Value& value(ValueId id) const;
  int value_count() const { return static_cast<int>(values_.size()); }
  std::span<const Node> nodes() const { return nodes_; }
  std::vector<ValueId> parameters() const;  // in the order they were added
  std::vector<TensorType> TypesOf(std::span<const ValueId> ids) const;

  const ModelPorts& ports() const { return ports_; }
  void set_ports(const ModelPorts& ports) { ports_ = ports; }

  std::string ToString() const;  // one line a node

 private:
  ValueId AddValue(Value value);

  std::vector<Value> values_;
  std::vector<Node> nodes_;
  ModelPorts ports_;
};

}  // namespace descent
