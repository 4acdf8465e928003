#pragma once

#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// Functions of each element, of any shape.

// y = x sigmoid(x). Source: Hendrycks and Gimpel 2016, section 2; Elfwing et al. 2017.
Result<ValueId> Silu(Graph& graph, ValueId x);
const OpDef& SiluOp();
const OpDef& SiluGradientOp();  // (dy, x) -> dx

// y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, the approximation of Gelu that GPT-2 was
// trained with. Source: Hendrycks and Gimpel 2016, section 2.
Result<ValueId> GeluTanh(Graph& graph, ValueId x);
const OpDef& GeluTanhOp();
const OpDef& GeluTanhGradientOp();  // (dy, x) -> dx

// y = a b, equal shapes.
Result<ValueId> Mul(Graph& graph, ValueId a, ValueId b);
const OpDef& MulOp();

}  // namespace descent
