#pragma once

#include <cstdint>

#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// The ops that later transformers have in place of those of GPT-2 (ops.h). Rows lie sample by
// sample, T tokens each, M = B T of them.

// Scales every row to a mean square of one:  y = x / sqrt(mean(x^2) + epsilon) gain.
//   x [M, C]   gain [C]   ->   y like x.   Keeps 1 / sqrt(mean(x^2) + epsilon) of every row.
// Source: Zhang and Sennrich 2019, eq. 4.
Result<ValueId> RmsNorm(Graph& graph, ValueId x, ValueId gain, double epsilon);
const OpDef& RmsNormOp();              // (x, gain) -> y, inverse_rms
const OpDef& RmsNormGradientOp();      // (dy, x, gain, inverse_rms) -> dx
const OpDef& RmsNormGainGradientOp();  // (dy, x, inverse_rms) -> dgain

// Turns the pairs (a, b) = (x[d], x[d + D/2]) of every head of q and k, of D = C / heads columns,
// by the angle t w of the token's place t in its sample, w = 10000^(-2 d / D):
//   a' = a cos(t w) - b sin(t w)     b' = b cos(t w) + a sin(t w)     and leaves v as it is.
//   projections [M, 3 C]: q, then k, then v, each head by head   ->   y like projections.
// Its gradient is itself with the angles reversed. Source: Su et al. 2021, eq. 34, paired as in
// Llama.
struct RotaryOptions {
  std::int64_t heads = 1;
  std::int64_t tokens = 1;  // T
  bool is_reversed = false;
};
Result<ValueId> Rotary(Graph& graph, ValueId projections, RotaryOptions options);
const OpDef& RotaryOp();

}  // namespace descent
