#pragma once

#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// The losses of numbers, and what they need. B samples, each of K numbers to predict. A sample's
// loss is the mean over its K, added in order:
//   x, targets [B, K]   ->   losses [B].
// Gradients flow to x alone. Their gradient ops take (x, targets, dlosses) to dx.

// log(1 + exp(x)) - t x, stably: of a probability sigmoid(x) for a target t in [0, 1].
Result<ValueId> BinaryCrossEntropy(Graph& graph, ValueId logits, ValueId targets);
const OpDef& BinaryCrossEntropyOp();
const OpDef& BinaryCrossEntropyGradientOp();

// (x - t)^2.
Result<ValueId> SquaredError(Graph& graph, ValueId x, ValueId targets);
const OpDef& SquaredErrorOp();
const OpDef& SquaredErrorGradientOp();

// With e = x - t:  e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2); delta > 0.
// Source: Huber 1964, as in torch.nn.HuberLoss.
Result<ValueId> Huber(Graph& graph, ValueId x, ValueId targets, double delta);
const OpDef& HuberOp();
const OpDef& HuberGradientOp();

// A head and its cross-entropy, forward and backward together: what matmul, softmax_cross_entropy,
// top_one_correct and their gradients compute, without all logits at once. With l = x weight^T, in
// chunks of `chunk_rows` rows, of which the first may have fewer:
//   losses    as SoftmaxCrossEntropy has them     correct   as TopOneCorrect has it
//   dlogits = dlosses (softmax(l) - t), of the last chunk      dweight = sum of dlogits^T x
//   dx      = dlogits weight
//   x, dx [M, C]   weight, dweight [V, C]   labels int32 [M]   losses, correct, dlosses [M]
//   dlogits [chunk_rows, V]
// Training alone makes it, out of the others (plan/fuse_head.cc), and it has no gradient.
const OpDef& LinearCrossEntropyOp();
// (x, weight, labels, dlosses) -> dweight, dx, losses, correct, dlogits

// 1 where the logit's sign is that of its label, above 0 for 1, and the logit is not NaN; else 0:
//   logits [B, 1]   labels int32 [B, 1] in {0, 1}   ->   correct [B].
Result<ValueId> BinaryCorrect(Graph& graph, ValueId logits, ValueId labels);
const OpDef& BinaryCorrectOp();

// y = x as f32, any shape:  x int32   ->   y f32. Has no gradient.
Result<ValueId> Cast(Graph& graph, ValueId x);
const OpDef& CastOp();

}  // namespace descent
