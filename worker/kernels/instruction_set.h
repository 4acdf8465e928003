#pragma once

#include <string_view>

#include "common/status.h"

namespace descent {

// The vector instructions of every kernel of this process, own loops and libraries alike. Equal
// bits are promised between processes with equal instruction sets, so a name means the same
// instructions on every machine: "avx512" leaves out what only some AVX-512 machines have.
// "avx512_bf16" adds products of bf16 operands; what has none gives the bits of "avx512"
// (common/job_instruction_set.h).

// Chooses "avx512_bf16", "avx512", "avx2" or "best", which is the first of the three that the
// machine has and "baseline" where it has none. Call it once, at start, before any kernel is
// prepared. kInvalidArgument: no such name. kFailedPrecondition: the machine lacks it, or kernels
// exist.
Status SetInstructionSet(std::string_view name);

// Settles the choice for own loops; "best" if there was none. A kernel that keeps the address of a
// loop from before that would look for the machine's instructions again in every call, which takes
// longer than a short loop.
void SettleInstructionSet();

// "avx512_bf16", "avx512", "avx2" or "baseline": what kernels prepared now use.
std::string_view InstructionSetName();

// Whether kernels prepared now multiply bf16 operands by instructions made for them.
bool HasBFloat16Products();

}  // namespace descent
