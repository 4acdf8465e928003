#pragma once

#include <cstddef>
#include <vector>

namespace descent::cpu {

// The cosines and sines of t w[d] for t < tokens, d < pairs, w[d] = 10000^(-d / pairs), each
// [tokens, pairs]. From additions and multiplications alone: a C library picks its variants by CPU,
// and they may differ in the last bit. Absolute error below 1e-7 for up to a million tokens.
struct RotaryTable {
  std::vector<float> cosines;
  std::vector<float> sines;
};

RotaryTable MakeRotaryTable(std::size_t tokens, std::size_t pairs);

}  // namespace descent::cpu
