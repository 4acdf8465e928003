#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

namespace descent {

// An array of floats that begins on a 64-byte boundary and starts as zeros, its pages taken. A
// large one lies on huge pages where the system gives them. Owns its memory.
class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignmentBytes = 64;

  explicit AlignedBuffer(std::int64_t size);

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
