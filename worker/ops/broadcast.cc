#include "worker/ops/broadcast.h"

#include <algorithm>

#include "worker/ops/movement_ops.h"
#include "worker/ops/reduce_ops.h"

namespace descent {
namespace {

// The size of the axis that is `from_last` axes before the last; 1 where there is none.
std::int64_t SizeAt(const Shape& shape, std::size_t from_last) {
  return from_last < shape.size() ? shape[shape.size() - 1 - from_last] : 1;
}

}  // namespace

Result<Shape> BroadcastShape(const Shape& a, const Shape& b) {
  Shape shape(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t of_a = SizeAt(a, i), of_b = SizeAt(b, i);
    if (of_a != of_b && of_a != 1 && of_b != 1) {
      return Status(Code::kInvalidArgument,
                    "the operands are " + ToString(a) + " and " + ToString(b) +
                        ", wanted sizes that agree or are 1, counted from the last axis");
    }
    shape[shape.size() - 1 - i] = std::max(of_a, of_b);
  }
  return shape;
}

ValueId SumTo(Graph& graph, ValueId dy, const Shape& shape) {
  const Shape& from = graph.value(dy).type.shape;
  if (from == shape) return dy;
  const std::size_t missing = from.size() - shape.size();
  Shape axes;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (i < missing || shape[i - missing] != from[i]) axes.push_back(static_cast<int>(i));
  }
  if (!axes.empty()) dy = ReduceSum(graph, dy, {.axes = axes, .keepdims = true}).value();
  return graph.value(dy).type.shape == shape ? dy : Reshape(graph, dy, shape).value();
}

Shape SampleShape(SampleSource& source) {
  Shape shape = {source.Integer(1, 37)};
  while (shape.size() < 3 && source.Integer(0, 1) == 1)
    shape.insert(shape.begin(), source.Integer(1, 4));
  return shape;
}

Shape SampleRepeatable(const Shape& shape, SampleSource& source) {
  Shape repeatable = shape;
  for (std::int64_t& size : repeatable) size = source.Integer(0, 3) == 0 ? 1 : size;
  const std::int64_t missing = source.Integer(-4, static_cast<std::int64_t>(shape.size()));
  if (missing > 0) repeatable.erase(repeatable.begin(), repeatable.begin() + missing);
  return repeatable;
}

}  // namespace descent
