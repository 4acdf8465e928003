#pragma once

#include <cstdint>
#include <span>

#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// The ops, one file each. Letters: B rows of the batch, C columns or classes, M, N, K as in a GEMM.
// Every builder appends one node and returns its output, or kInvalidArgument with what was found
// and what was wanted. All tensors are f32 unless named otherwise.

// c = op(a) op(b), op the transpose where asked:  op(a) [M, K]   op(b) [K, N]   ->   c [M, N].
struct MatMulOptions {
  bool transpose_a = false;
  bool transpose_b = false;
};
Result<ValueId> MatMul(Graph& graph, ValueId a, ValueId b, MatMulOptions options);
const OpDef& MatMulOp();

// y = x + bias in every row:  x [B, C]   bias [C]   ->   y [B, C].
Result<ValueId> AddBias(Graph& graph, ValueId x, ValueId bias);
const OpDef& AddBiasOp();

// Adds up the rows, from the first to the last:  x [B, C]   ->   y [C].
Result<ValueId> ColumnSum(Graph& graph, ValueId x);
const OpDef& ColumnSumOp();

// y = max(x, 0), any shape; NaN stays NaN.
Result<ValueId> Relu(Graph& graph, ValueId x);
const OpDef& ReluOp();
// dx = dy where y > 0, else 0. Needs the output of the forward pass, so x may be overwritten.
const OpDef& ReluGradientOp();  // (dy, y) -> dx

// y = x Phi(x), any shape, Phi the standard normal distribution, through erf and not its tanh
// approximation. Source: Hendrycks and Gimpel 2016.
Result<ValueId> Gelu(Graph& graph, ValueId x);
const OpDef& GeluOp();
// dx = dy (Phi(x) + x phi(x)), phi the standard normal density.
const OpDef& GeluGradientOp();  // (dy, x) -> dx

// Sets elements to zero with the given probability, in [0, 1), and scales the others by
// 1 / (1 - probability). x [B, C], or [B T, C]. Which elements is a function of (seed, layer, step,
// position of the row in the global batch, column), so it does not depend on how a batch is split;
// the gradient is the same op on dy. The identity in evaluation. Source: Srivastava et al. 2014,
// inverted scaling.
struct DropoutOptions {
  double probability = 0.0;
  std::int64_t layer = 0;            // tells the dropouts of a model apart
  std::int64_t rows_per_sample = 1;  // T
};
Result<ValueId> Dropout(Graph& graph, ValueId x, DropoutOptions options);
const OpDef& DropoutOp();

// losses = log(sum over c of exp(logits)) - sum over c of t[c] logits[c], stably, of targets
// t = (1 - smoothing) one_hot(label) + smoothing / C; keeps the logarithms for the gradient:
//   logits [B, C]   labels int32 [B] in [0, C), or kIgnoredLabel   ->   losses [B].
// A row whose label is ignored has the loss 0 and no gradient, whatever its logits, as
// torch.nn.CrossEntropyLoss has of its ignore_index. smoothing is in [0, 1), and 0 in evaluation.
// Source: Szegedy et al. 2016, section 7.
Result<ValueId> SoftmaxCrossEntropy(Graph& graph, ValueId logits, ValueId labels,
                                    double smoothing = 0);
const OpDef& SoftmaxCrossEntropyOp();  // (logits, labels) -> losses, log_sums
// dlogits = dlosses (softmax(logits) - t).
const OpDef& SoftmaxCrossEntropyGradientOp();  // (logits, labels, log_sums, dlosses) -> dlogits

// 1 where the label's logit is the largest, the first of equals, and no logit is NaN; else 0, as of
// kIgnoredLabel:
// logits [B, C]   labels int32 [B]   ->   correct [B].
Result<ValueId> TopOneCorrect(Graph& graph, ValueId logits, ValueId labels);
const OpDef& TopOneCorrectOp();

// 1 where the label's logit is among the five largest, equal ones counted in the order of classes,
// and not NaN, and a NaN elsewhere counts as larger; else 0, as of kIgnoredLabel:
// logits [B, C]   labels int32 [B]   ->   correct [B].
Result<ValueId> TopFiveCorrect(Graph& graph, ValueId logits, ValueId labels);
const OpDef& TopFiveCorrectOp();

// y = a + b, broadcast as the arithmetic in elementwise_ops.h.
Result<ValueId> Add(Graph& graph, ValueId a, ValueId b);
const OpDef& AddOp();

// y = x, any shape, in memory of its own.
Result<ValueId> Identity(Graph& graph, ValueId x);
const OpDef& IdentityOp();

// The ops of a transformer. T tokens of a sample: rows lie sample by sample, M = B T of them.

// Row i is the row of `table` that tokens[i] names:  tokens int32 [M] in [0, V)   table [V, C]
//   ->   y [M, C].
Result<ValueId> Embedding(Graph& graph, ValueId tokens, ValueId table);
const OpDef& EmbeddingOp();
// dtable[v] = the sum of the rows of dy whose token is v, from the first to the last.
const OpDef& EmbeddingGradientOp();  // (tokens, dy) -> dtable

// y[i] = x[i] + positions[i mod T]:  x [M, C]   positions [T, C]   ->   y like x.
Result<ValueId> AddPositions(Graph& graph, ValueId x, ValueId positions);
const OpDef& AddPositionsOp();
// y[t] = the sum over the samples, in order, of x[b T + t]:  x [M, C]   ->   y [T, C].
const OpDef& PositionSumOp();

// Normalises every row, then scales and shifts:  y = (x - mean) / sqrt(var + epsilon) gain + bias.
//   x [M, C]   gain, bias [C]   ->   y like x.   var is the biased estimate.
// Keeps mean and 1 / sqrt(var + epsilon) of every row. Source: Ba, Kiros and Hinton 2016, eq. 3.
Result<ValueId> LayerNorm(Graph& graph, ValueId x, ValueId gain, ValueId bias, double epsilon);
const OpDef& LayerNormOp();              // (x, gain, bias) -> y, mean, inverse_deviation
const OpDef& LayerNormGradientOp();      // (dy, x, gain, mean, inverse_deviation) -> dx
const OpDef& LayerNormGainGradientOp();  // (dy, x, mean, inverse_deviation) -> dgain

// For each sample and head, of D = C / heads columns, and each token i:
//   y[i] = sum over j <= i of softmax_j(q[i] . k[j] / sqrt(D)) v[j]
//   projections [M, 3 C]: q, then k, then v, each head by head   ->   y [M, C].
// Keeps the logarithms of the softmax's sums, [M, heads], in place of its T by T probabilities.
// Dropout, if asked for, is as in Dropout but on the softmax; evaluation goes without.
// Source: Vaswani et al. 2017, eq. 1; Dao et al. 2022 for the gradient without probabilities.
struct CausalAttentionOptions {
  std::int64_t heads = 1;
  std::int64_t tokens = 1;   // T
  double probability = 0.0;  // of zero, in [0, 1)
  std::int64_t layer = 0;    // tells the dropouts of a model apart
};
Result<ValueId> CausalAttention(Graph& graph, ValueId projections, CausalAttentionOptions options);
const OpDef& CausalAttentionOp();          // (projections) -> y, log_sums
const OpDef& CausalAttentionGradientOp();  // (projections, y, log_sums, dy) -> dprojections

// The mean over the tokens of each sample, added in order:  x [M]   ->   y [B].
Result<ValueId> SampleMean(Graph& graph, ValueId x, std::int64_t tokens);
const OpDef& SampleMeanOp();
const OpDef& SampleMeanGradientOp();  // dx[b T + t] = dy[b] / T

// Every element is `value`.
Result<ValueId> Fill(Graph& graph, Shape shape, double value);
const OpDef& FillOp();

// Every op there is, for tests and listings.
std::span<const OpDef* const> AllOps();

}  // namespace descent
