#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/aligned_buffer.h"
#include "worker/checkpoint/tensor.h"
#include "worker/kernels/thread_pool.h"

namespace descent {

// The tensors of a training state as they were at one step, for who reads them while training goes
// on. The memory is taken up when the object is made, and used again for each copy. One user at a
// time.
class StateCopy {
 public:
  // Of tensors of these names and sizes; their values do not matter yet.
  StateCopy(std::vector<TensorView> parameters, std::vector<TensorView> optimizer);

  // Copies the values of the same tensors, with all threads of the pool.
  void Take(std::span<const TensorView> parameters, std::span<const TensorView> optimizer,
            ThreadPool& pool);

  // What was copied last; views of this object's memory.
  std::span<const TensorView> parameters() const { return parameters_; }
  std::span<const TensorView> optimizer() const { return optimizer_; }

  std::int64_t memory_bytes() const {
    return static_cast<std::int64_t>(values_.span().size_bytes());
  }

 private:
  std::vector<TensorView> parameters_;
  std::vector<TensorView> optimizer_;
  AlignedBuffer values_;  // the tensors', one behind the other
};

}  // namespace descent
