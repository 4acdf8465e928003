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

// The functions of these names. Of what f32 cannot hold they give what IEEE 754 says: Exp infinity,
// Log of 0 minus infinity, and of less than 0, as Sqrt, NaN. NaN stays NaN.
Result<ValueId> Sigmoid(Graph& graph, ValueId x);
const OpDef& SigmoidOp();
const OpDef& SigmoidGradientOp();  // (dy, y) -> dx
Result<ValueId> Tanh(Graph& graph, ValueId x);
const OpDef& TanhOp();
const OpDef& TanhGradientOp();  // (dy, y) -> dx
Result<ValueId> Exp(Graph& graph, ValueId x);
const OpDef& ExpOp();
Result<ValueId> Log(Graph& graph, ValueId x);
const OpDef& LogOp();
const OpDef& LogGradientOp();  // (dy, x) -> dx
Result<ValueId> Sqrt(Graph& graph, ValueId x);
const OpDef& SqrtOp();
const OpDef& SqrtGradientOp();  // (dy, y) -> dx

// y = x^exponent; NaN of x < 0 unless the exponent is whole.
Result<ValueId> Pow(Graph& graph, ValueId x, double exponent);
const OpDef& PowOp();
const OpDef& PowGradientOp();  // (dy, x) -> dx

// y = min(max(x, low), high), low <= high. Its gradient flows where x lies within the bounds.
Result<ValueId> Clip(Graph& graph, ValueId x, double low, double high);
const OpDef& ClipOp();
const OpDef& ClipGradientOp();  // (dy, x) -> dx

// y = a b, equal shapes.
Result<ValueId> Mul(Graph& graph, ValueId a, ValueId b);
const OpDef& MulOp();

}  // namespace descent
