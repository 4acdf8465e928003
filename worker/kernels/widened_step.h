#pragma once

#include <cstdint>
#include <iterator>
#include <memory>

#include "common/aligned_buffer.h"
#include "common/result.h"
#include "worker/kernels/kernel.h"

namespace descent {

// Memory that the widened steps of one plan share, because they run one after the other.
class WideningScratch {
 public:
  // Before the first run.
  void Reserve(std::int64_t element_count);
  float* data() { return buffer_.span().data(); }
  std::int64_t element_count() const { return std::ssize(buffer_.span()); }

 private:
  AlignedBuffer buffer_{0};
};

// Any op on operands of which some are stored in bf16. A kernel that takes them by itself does;
// around any other stands a step that widens the inputs to f32, runs the op's f32 kernel, and
// rounds the outputs to bf16: of a RowStep a few rows at a time, of another step all at once,
// through the scratch. So the arithmetic is that of f32, sums included, and equal inputs give equal
// bits as they do in f32. The request names the node as it is in f32; `stored` is the same graph
// with the types as stored. The scratch outlives the step. kInternal: as the kernel's.
Result<std::unique_ptr<Step>> PrepareOnStored(const Kernel& kernel, const KernelRequest& request,
                                              const Graph& stored, WideningScratch& scratch);

}  // namespace descent
