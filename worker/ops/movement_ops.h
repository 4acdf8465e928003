#pragma once

#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// Ops that put the elements of f32 tensors elsewhere and compute nothing. An axis counts from the
// first, or from the last where it is negative: -1 is the last.

// The same elements in the same order, in another shape of as many. Takes no time and no memory
// where the plan can let both lie in one place.
Result<ValueId> Reshape(Graph& graph, ValueId x, Shape shape);
const OpDef& ReshapeOp();

// Axis i of y is axis permutation[i] of x.
Result<ValueId> Transpose(Graph& graph, ValueId x, Shape permutation);
const OpDef& TransposeOp();

// x, repeated along axes of size 1 or missing in front (NumPy's broadcast) until it has the shape.
Result<ValueId> Expand(Graph& graph, ValueId x, Shape shape);
const OpDef& ExpandOp();

// Of axis i the elements start[i], start[i] + step[i], ... below end[i]; one number for each axis,
// 0 <= start < end <= size, step >= 1.
struct SliceOptions {
  Shape starts;
  Shape ends;
  Shape steps;
};
Result<ValueId> Slice(Graph& graph, ValueId x, SliceOptions options);
const OpDef& SliceOp();
const OpDef& SliceGradientOp();  // (dy) -> dx: dy where it was taken from, else 0

// Tensors, at least one, that differ in the size of one axis at most, one behind the other.
Result<ValueId> Concat(Graph& graph, std::vector<ValueId> parts, std::int64_t axis);
const OpDef& ConcatOp();

// The inverse: pieces of these sizes, which add up to that of the axis.
Result<std::vector<ValueId>> Split(Graph& graph, ValueId x, std::int64_t axis, Shape sizes);
const OpDef& SplitOp();

// The elements of x that `indices`, int32 of any shape, name along the axis:
//   x [A..., N, B...]   indices [I...] in [0, N)   ->   y [A..., I..., B...].
// In the gradient, rows that one index names are added up, from the first to the last.
Result<ValueId> Gather(Graph& graph, ValueId x, ValueId indices, std::int64_t axis);
const OpDef& GatherOp();
const OpDef& GatherGradientOp();  // (indices, dy) -> dx

}  // namespace descent
