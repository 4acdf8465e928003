#pragma once

#include <memory>

#include "worker/kernels/row_step.h"

namespace descent {

// Rows on operands of which some are stored in bf16: a few rows at a time are widened into memory
// of the thread that fits its cache, computed in f32 there, and rounded, so that only the bf16
// numbers travel to and from memory. The bits are those of the step on operands that are widened
// whole. `request` names the node with the types as stored; every operand that is stored in bf16
// falls into rows (CanWidenRows).
std::unique_ptr<Step> WidenRows(std::unique_ptr<RowStep> step, const KernelRequest& request);

// Whether all operands in bf16 fall into rows.
bool CanWidenRows(const RowLayout& layout, const KernelRequest& request);

}  // namespace descent
