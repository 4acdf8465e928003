#pragma once

#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// Ops that add up, or compare, the elements along axes. An axis counts from the first, or from the
// last where it is negative: -1 is the last.

struct ReduceOptions {
  Shape axes;             // none: all
  bool keepdims = false;  // whether the axes stay, with size 1
};

// The sum over the axes, in the order of the elements. Its gradient is dy, repeated.
Result<ValueId> ReduceSum(Graph& graph, ValueId x, ReduceOptions options);
const OpDef& ReduceSumOp();

// The sum over the axes divided by the number of elements in it.
Result<ValueId> ReduceMean(Graph& graph, ValueId x, ReduceOptions options);
const OpDef& ReduceMeanOp();

// The largest element over the axes; NaN where one is NaN. Its gradient is dy, shared evenly among
// the elements that are the largest, as that of torch.amax.
Result<ValueId> ReduceMax(Graph& graph, ValueId x, ReduceOptions options);
const OpDef& ReduceMaxOp();

// y = exp(x) / sum(exp(x)) along the axis, stably.  x of any shape with an axis   ->   y like x.
Result<ValueId> Softmax(Graph& graph, ValueId x, std::int64_t axis = -1);
const OpDef& SoftmaxOp();          // along the last axis; others go through Transpose
const OpDef& SoftmaxGradientOp();  // (dy, y) -> dx = y (dy - sum(dy y))

// y = x - log(sum(exp(x))) along the axis, stably.
Result<ValueId> LogSoftmax(Graph& graph, ValueId x, std::int64_t axis = -1);
const OpDef& LogSoftmaxOp();          // along the last axis; others go through Transpose
const OpDef& LogSoftmaxGradientOp();  // (dy, y) -> dx = dy - exp(y) sum(dy)

}  // namespace descent
