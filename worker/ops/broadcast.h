#pragma once

#include "common/result.h"
#include "worker/graph/graph.h"
#include "worker/graph/sample_source.h"

namespace descent {

// What the rules of ops with NumPy's broadcast share.

// The shape that operands of these two shapes have together: aligned at the last axis, sizes agree,
// or one is 1 or missing and its operand is repeated. kInvalidArgument: they do not; names both.
// Source: NumPy's user guide, "Broadcasting".
Result<Shape> BroadcastShape(const Shape& a, const Shape& b);

// The gradient of an operand of `shape` that was repeated to be like dy: the sum of dy over the
// places of each of its elements, in order.
ValueId SumTo(Graph& graph, ValueId dy, const Shape& shape);

// A shape of up to three axes, and one that broadcasts to it; often the same.
Shape SampleShape(SampleSource& source);
Shape SampleRepeatable(const Shape& shape, SampleSource& source);

}  // namespace descent
