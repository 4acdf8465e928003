#pragma once

#include <string_view>

#include "common/precision.h"

namespace descent {

// The name of the instruction set that a job of some precision runs with on a worker that has
// `of_worker`: what its checkpoints name, and what ranks agree on. A set with products of bf16
// operands gives a job without them the bits of the set without, so that such a job may go on on
// either kind of machine.
inline std::string_view JobInstructionSet(std::string_view of_worker, Precision precision) {
  const bool has_unused_products = of_worker == "avx512_bf16" && precision == Precision::kFloat32;
  return has_unused_products ? "avx512" : of_worker;
}

}  // namespace descent
