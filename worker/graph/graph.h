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
  kStatistic,  // follows what training measures; lies in the parameter arena
  kTemporary,  // computed by a node
};

// How a parameter starts.
struct Initialization {
  enum class Kind {
    kUniform,   // on [-scale, scale)
    kNormal,    // of mean 0 and standard deviation `scale`
    kConstant,  // `scale` itself
  };

  Kind kind = Kind::kConstant;
  double scale = 0.0;

  static Initialization Uniform(double bound) { return {Kind::kUniform, bound}; }
  static Initialization Normal(double deviation) { return {Kind::kNormal, deviation}; }
  static Initialization Constant(double value) { return {Kind::kConstant, value}; }
};

// A tensor of a graph: assigned once, by a node or from outside.
struct Value {
  std::string name;
  TensorType type;
  ValueRole role = ValueRole::kTemporary;
  Initialization initialization;  // of a parameter or a statistic
};

// What a statistic follows. After each step, over the samples of all its micro-batches,
//   value = (1 - momentum) value + momentum (sum of `sum`) / samples
struct RunningStatistic {
  ValueId value;
  ValueId sum;  // of a micro-batch: what it measures times its samples
  double momentum = 0.0;
};

// One application of an op.
struct Node {
  const OpDef* op = nullptr;
  Attributes attributes;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
};

// Where a model meets the world. B samples, each of F features and one label, or of T tokens and T
// labels (then M = B T, else M = B); C classes. Or of K numbers to predict in place of labels; then
// M = B, and C is K.
struct ModelPorts {
  ValueId input;     // f32 [B, F], or int32 [M]: tokens
  ValueId labels;    // int32 [M]; or [M, 1] where there are two classes and one logit
  ValueId targets;   // f32 [B, K]: the numbers; either these or labels are valid
  ValueId logits;    // f32 [M, C]
  ValueId losses;    // f32 [B]: of a sample, the mean over its labels
  ValueId correct;   // f32 [B]: the share of its labels whose logit is the largest; not of numbers
  ValueId top_five;  // the same of the five largest; invalid where there are no more classes
};

// A computation in static single assignment: nodes in an order in which they can run, append-only.
// No strides and no storage: where a tensor lies is the plan's business. A value type: copies are
// independent, and derived graphs keep the ids. Reads from any thread; one writer.
class Graph {
 public:
  ValueId AddInput(std::string name, TensorType type);
  ValueId AddParameter(std::string name, Shape shape, Initialization initialization);

  // A statistic, and later what it follows.
  ValueId AddStatistic(std::string name, Shape shape, Initialization initialization);
  void Follow(const RunningStatistic& statistic) { statistics_.push_back(statistic); }

  // Appends a node; its outputs' ids. kInvalidArgument: the op refuses these operands.
  Result<std::vector<ValueId>> AddNode(const OpDef& op, std::vector<ValueId> inputs,
                                       Attributes attributes = {});
  // The same for an op with one output.
  Result<ValueId> Apply(const OpDef& op, std::vector<ValueId> inputs, Attributes attributes = {});

  // The same values and ids, computed by `nodes` alone.
  Graph WithNodes(std::vector<Node> nodes) const;

  // How a value of a graph that is to run is stored; the same graph otherwise.
  void StoreAs(ValueId id, DataType type);

  const Value& value(ValueId id) const;
  int value_count() const { return static_cast<int>(values_.size()); }
  std::span<const Node> nodes() const { return nodes_; }
  std::vector<ValueId> parameters() const;  // in the order they were added
  std::span<const RunningStatistic> statistics() const { return statistics_; }
  std::vector<TensorType> TypesOf(std::span<const ValueId> ids) const;

  const ModelPorts& ports() const { return ports_; }
  void set_ports(const ModelPorts& ports) { ports_ = ports; }

  std::string ToString() const;  // one line a node

 private:
  ValueId AddValue(Value value);

  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<RunningStatistic> statistics_;
  ModelPorts ports_;
};

}  // namespace descent
