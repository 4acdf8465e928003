#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "common/check.h"

namespace descent {

// An array of floats that begins on a 64-byte boundary and starts as zeros. Owns its memory.
class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignmentBytes = 64;

  explicit AlignedBuffer(std::int64_t size) : size_(static_cast<std::size_t>(size)) {
    DESCENT_CHECK(size >= 0);
    const std::size_t bytes = size_ * sizeof(float);
    // aligned_alloc wants a whole number of alignments, and at least one.
    const std::size_t rounded = (bytes / kAlignmentBytes + 1) * kAlignmentBytes;
    values_.reset(static_cast<float*>(std::aligned_alloc(kAlignmentBytes, rounded)));
    DESCENT_CHECK(values_ != nullptr);
    for (std::size_t i = 0; i < size_; ++i) values_.get()[i] = 0;
  }

  std::span<float> span() { return {values_.get(), size_}; }
  std::span<const float> span() const { return {values_.get(), size_}; }

 private:
  struct Free {
    void operator()(float* values) const { std::free(values); }
  };

  std::size_t size_;
  std::unique_ptr<float[], Free> values_;
};

}  // namespace descent
