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

// Whether an operand of the node is stored in bf16.
bool HasBFloat16(const Graph& stored, const Node& node);

// Any op on operands that are stored in bf16: widens the inputs to f32, runs the op's f32 kernel,
// and rounds the outputs to bf16. So the arithmetic is that of f32, sums included, and equal inputs
// give equal bits as they do in f32. The request names the node as it is in f32; `stored` is the
// same graph with the types as stored. The scratch outlives the step. kInternal: as the kernel's.
Result<std::unique_ptr<Step>> PrepareWidened(const Kernel& kernel, const KernelRequest& request,
                                             const Graph& stored, WideningScratch& scratch);

}  // namespace descent
