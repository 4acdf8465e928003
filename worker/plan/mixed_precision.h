#pragma once

#include "worker/plan/program.h"

namespace descent {

// Mixed precision: a plan whose activations are kept in bf16 where eight bits of precision do no
// harm, and whose products (matmul, conv2d and their gradients, and those of a fused head) have
// bf16 operands. Parameters, their gradients, losses, residual sums, statistics and all sums of a
// kernel stay f32. Source: Micikevicius et al. 2018, with bf16 in place of fp16, whose range needs
// no loss scaling.
struct MixedPrecision {
  LoweredModel model;  // as its kernels compute it: all in f32
  Graph stored;        // the same nodes and ids, with the types in which values are stored
};

// Every f32 operand of a product is rounded by a node of its own, once for all products that read
// it. Ids stay valid. What the caller of the plan owns stays f32.
Result<MixedPrecision> MixPrecision(LoweredModel model, PlanKind kind);

}  // namespace descent
