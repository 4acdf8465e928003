#pragma once

#include <cstddef>

#include "worker/graph/types.h"
#include "worker/kernels/cpu/attention.h"

namespace descent::cpu {

// Where a head's columns of a sample's rows lie in an operand, which is f32 or bf16. In elements.
struct HeadColumns {
  DataType type;
  std::size_t first;   // of the first row
  std::size_t stride;  // from a row to the next
};

// Copies the head's columns into [T, padded_width], times `scale`.
void PackHead(const AttentionHead& head, const void* operand, const HeadColumns& columns,
              float scale, float* rows);

// The other way; to bf16 rounded.
void UnpackHead(const AttentionHead& head, const float* rows, float scale,
                const HeadColumns& columns, void* operand);

// transposed[d, i] = rows[i, d]: [padded_width, padded_tokens] of [padded_rows, padded_width].
void TransposeHead(const AttentionHead& head, const float* rows, float* transposed);

}  // namespace descent::cpu
