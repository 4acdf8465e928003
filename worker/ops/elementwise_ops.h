#pragma once

#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// Functions of each element, of any shape, and of the elements of several operands.

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

// Arithmetic of two operands, repeated along axes of size 1 or missing in front until they have one
// shape (NumPy's broadcast: broadcast.h). The gradient of one that was repeated is added up again,
// in order. Add is in ops.h.
Result<ValueId> Sub(Graph& graph, ValueId a, ValueId b);
const OpDef& SubOp();
Result<ValueId> Mul(Graph& graph, ValueId a, ValueId b);
const OpDef& MulOp();
Result<ValueId> Div(Graph& graph, ValueId a, ValueId b);
const OpDef& DivOp();

// 1 where a equals b, else 0, NaN included; broadcast as above. Has no gradient.
Result<ValueId> Equal(Graph& graph, ValueId a, ValueId b);
const OpDef& EqualOp();

// a where condition, an int32, is not 0, else b; all three broadcast as above.
Result<ValueId> Where(Graph& graph, ValueId condition, ValueId a, ValueId b);
const OpDef& WhereOp();

}  // namespace descent
