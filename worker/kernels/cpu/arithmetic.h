#pragma once

namespace descent::cpu {

// A run of an operand: its elements, or its first, repeated.
struct RunOperand {
  const float* data = nullptr;
  bool is_repeated = false;
};

}  // namespace descent::cpu
