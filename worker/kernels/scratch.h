#pragma once

#include <algorithm>
#include <cstdint>

#include "common/aligned_buffer.h"

namespace descent {

// Memory that the steps of one thread pool share, because they run one after the other. What it
// holds is lost between two steps. Not thread-safe.
class Scratch {
 public:
  // While a step is prepared.
  void Reserve(std::int64_t element_count) {
    if (element_count > std::ssize(buffer_.span())) buffer_ = AlignedBuffer(element_count);
  }

  // While it runs; 64-byte aligned.
  float* data() { return buffer_.span().data(); }

 private:
  AlignedBuffer buffer_{0};
};

}  // namespace descent
