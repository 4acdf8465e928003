#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/aligned_buffer.h"
#include "worker/kernels/cpu/attention.h"
#include "worker/kernels/kernel.h"

namespace descent::cpu {

inline std::size_t RoundUp(std::size_t size, std::size_t multiple) {
  return (size + multiple - 1) / multiple * multiple;
}

// The sizes of the operands, and where a head's columns lie in them.
struct AttentionShape {
  explicit AttentionShape(const KernelRequest& request)
      : heads(static_cast<std::size_t>(request.node.attributes.Integer("heads"))),
        tokens(static_cast<std::size_t>(request.node.attributes.Integer("tokens"))),
        samples(static_cast<std::size_t>(request.input(0).shape[0]) / tokens),
        width(static_cast<std::size_t>(request.input(0).shape[1]) / 3),
        columns(width / heads),
        probability(request.node.attributes.Real("probability")),
        layer(static_cast<std::uint32_t>(request.node.attributes.Integer("layer"))) {}

  std::size_t heads, tokens, samples;
  std::size_t width;    // C
  std::size_t columns;  // D
  double probability;   // of dropout
  std::uint32_t layer;
};

// The scratch memory of one thread.
class HeadScratch {
 public:
  HeadScratch(const AttentionShape& shape, bool is_gradient)
      : head_{.tokens = shape.tokens,
              .columns = shape.columns,
              .padded_rows = RoundUp(shape.tokens, kRowsPerBlock),
              .padded_width = RoundUp(shape.columns, kColumnsMultiple),
              .padded_tokens = RoundUp(shape.tokens, kColumnsMultiple) | kColumnsMultiple} {
    const std::size_t rows = head_.padded_rows * head_.padded_width;
    const std::size_t transposed = head_.padded_width * head_.padded_tokens;
    const std::size_t block = kRowsPerBlock * head_.padded_tokens;
    for (float** array : {&head_.q, &head_.k, &head_.v, &head_.y}) *array = Allocate(rows);
    head_.k_transposed = Allocate(transposed);
    head_.scores = Allocate(block);
    head_.factors = Allocate(RoundUp(shape.tokens, kElementsPerGroup));
    std::fill_n(head_.factors, RoundUp(shape.tokens, kElementsPerGroup), 1.0f);
    head_.log_sums = Allocate(RoundUp(head_.padded_rows, kColumnsMultiple));
    if (!is_gradient) return;
    head_.v_transposed = Allocate(transposed);
    head_.score_gradients = Allocate(block);
    for (float** array : {&head_.dy, &head_.dq, &head_.dk, &head_.dv}) *array = Allocate(rows);
  }

  const AttentionHead& head() const { return head_; }

 private:
  float* Allocate(std::size_t size) {
    buffers_.emplace_back(static_cast<std::int64_t>(size));
    return buffers_.back().span().data();
  }

  std::vector<AlignedBuffer> buffers_;
  AttentionHead head_;
};

}  // namespace descent::cpu
