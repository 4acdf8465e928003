#include "tests/numeric/random_model.h"

#include <string>
#include <vector>

#include "worker/graph/sample_source.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/loss_ops.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/reduce_ops.h"

namespace descent {
namespace {

class RandomModel {
 public:
  explicit RandomModel(std::uint64_t seed) : source_(seed) {}

  Graph Build() {
    const Shape shape = {kRandomModelRows, kRandomModelColumns};
    ports_.input = graph_.AddInput("features", {DataType::kFloat32, shape});
    ports_.targets = graph_.AddInput("targets", {DataType::kFloat32, shape});
    values_.push_back(Scaled(ports_.input));
    const std::int64_t nodes = source_.Integer(1, 40);
    for (std::int64_t i = 0; i < nodes; ++i) values_.push_back(Apply());
    ValueId last = values_.back();
    for (const ValueId biased : biased_) last = Add(graph_, last, biased).value();
    ports_.logits = Scaled(last);
    ports_.losses = SquaredError(graph_, ports_.logits, ports_.targets).value();
    graph_.set_ports(ports_);
    return graph_;
  }

 private:
  ValueId AddParameter(Shape shape) {
    const std::string name = "parameter." + std::to_string(graph_.value_count());
    return graph_.AddParameter(name, std::move(shape), Initialization::Uniform(1));
  }

  // Every model has a parameter at both ends, so that all between them is differentiated.
  ValueId Scaled(ValueId x) { return Mul(graph_, x, AddParameter({kRandomModelColumns})).value(); }

  // Often the latest, so that there are chains.
  ValueId Pick() {
    const auto last = static_cast<std::int64_t>(values_.size()) - 1;
    return values_[static_cast<std::size_t>(source_.Integer(0, 2) > 0 ? last
                                                                      : source_.Integer(0, last))];
  }

  // A value like the others, of one of the last.
  ValueId Apply() {
    const ValueId x = Pick();
    switch (source_.Integer(0, 9)) {
      case 0:
        return Relu(graph_, x).value();
      case 1:
        return Gelu(graph_, x).value();
      case 2:
        return Softmax(graph_, x).value();
      case 3:
        return Add(graph_, x, Pick()).value();
      case 4:
        return Mul(graph_, x, Pick()).value();
      case 5:
        biased_.push_back(AddBias(graph_, x, AddParameter({kRandomModelColumns})).value());
        return biased_.back();
      case 6:
        return ThroughAView(x);
      case 7:
        return Parted(x);
      case 8:
        return Dropout(graph_, x, {.probability = 0.3, .layer = graph_.value_count()}).value();
      default:
        return Centered(x);
    }
  }

  // tanh of the transposed shape, of a view that an op may overwrite.
  ValueId ThroughAView(ValueId x) {
    const Shape shape = graph_.value(x).type.shape;
    const ValueId view = Reshape(graph_, x, {shape[1], shape[0]}).value();
    return Reshape(graph_, Tanh(graph_, view).value(), shape).value();
  }

  ValueId Parted(ValueId x) {
    const std::vector<ValueId> parts = Split(graph_, x, 1, {5, kRandomModelColumns - 5}).value();
    return Concat(graph_, {parts[1], Sigmoid(graph_, parts[0]).value()}, 1).value();
  }

  ValueId Centered(ValueId x) {
    const ValueId mean = ReduceMean(graph_, x, {.axes = {1}, .keepdims = true}).value();
    return Sub(graph_, x, mean).value();
  }

  SampleSource source_;
  Graph graph_;
  ModelPorts ports_;
  std::vector<ValueId> values_;  // all of one shape
  std::vector<ValueId> biased_;  // the loss depends on these, because they have parameters
};

}  // namespace

Graph MakeRandomModel(std::uint64_t seed) { return RandomModel(seed).Build(); }

}  // namespace descent
