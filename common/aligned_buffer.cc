#include "common/aligned_buffer.h"

#include <sys/mman.h>

#include <algorithm>

#include "common/check.h"

namespace descent {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

// From here on what the last huge page may waste is little.
constexpr std::size_t kLargeBytes = 8 * kHugePageBytes;

}  // namespace

AlignedBuffer::AlignedBuffer(std::int64_t size) : size_(static_cast<std::size_t>(size)) {
  DESCENT_CHECK(size >= 0);
  const std::size_t bytes = size_ * sizeof(float);
  const bool is_large = bytes >= kLargeBytes;
  const std::size_t alignment = is_large ? kHugePageBytes : kAlignmentBytes;
  // aligned_alloc wants a whole number of alignments, and at least one.
  const std::size_t rounded = (bytes / alignment + 1) * alignment;
  values_.reset(static_cast<float*>(std::aligned_alloc(alignment, rounded)));
  DESCENT_CHECK(values_ != nullptr);
  if (is_large) madvise(values_.get(), rounded, MADV_HUGEPAGE);  // without them it is slower only
  std::fill_n(values_.get(), size_, 0.0f);
}

}  // namespace descent
