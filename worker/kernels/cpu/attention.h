#pragma once

#include <cstddef>
#include <cstdint>

#include "worker/kernels/cpu/dropout.h"

namespace descent::cpu {

// One head of one sample, its operands copied into rows that fill whole vectors. T tokens, D
// columns of a head; both padded with zeros: rows to a multiple of kRowsPerBlock, columns of every
// array to a multiple of kColumnsMultiple, whatever the width of a vector.
inline constexpr std::size_t kRowsPerBlock = 8;
inline constexpr std::size_t kColumnsMultiple = 16;

struct AttentionHead {
  std::size_t tokens;         // T
  std::size_t columns;        // D
  std::size_t padded_rows;    // of q, k, v, y
  std::size_t padded_width;   // columns of q, k, v, y
  std::size_t padded_tokens;  // columns of the transposed arrays and of scores

  // Scratch memory, each 64-byte aligned.
  float* q;             // [padded_rows, padded_width], times 1 / sqrt(D)
  float* k;             // the same
  float* v;             // the same
  float* k_transposed;  // [padded_width, padded_tokens]
  float* scores;        // [kRowsPerBlock, padded_tokens]: then probabilities
  float* factors;       // [padded_tokens, to whole groups of a dropout]: of a row's probabilities
  float* y;             // [padded_rows, padded_width]
  float* log_sums;      // [padded_rows]

  // Of the gradient alone.
  float* v_transposed;     // like k_transposed
  float* score_gradients;  // like scores
  float* dy;               // like y, as are all below
  float* dq;
  float* dk;
  float* dv;
};

// Which probabilities of a head become zero.
struct AttentionDropout {
  bool is_on;                 // else the factors are 1 already
  DropoutMask mask;           // of the sample's first token
  std::uint32_t first_group;  // of the head's elements in a token's row
};

}  // namespace descent::cpu
