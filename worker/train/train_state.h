#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "common/aligned_buffer.h"
#include "common/hash.h"
#include "common/job_spec.h"
#include "worker/checkpoint/tensor.h"
#include "worker/optim/adamw.h"
#include "worker/plan/parameter_layout.h"

namespace descent {

// Everything that a step changes: parameters and the optimizer's moments, in flat arenas of one
// layout, and the number of steps done. Equal on all ranks between steps. One thread.
class TrainState {
 public:
  // `layout` outlives it.
  TrainState(const ParameterLayout& layout, const OptimizerSpec& optimizer);

  std::span<float> parameters() { return parameters_.span(); }
  std::span<const float> parameters() const { return parameters_.span(); }
  AdamW& optimizer() { return optimizer_; }
  std::int64_t steps_done() const { return optimizer_.steps_done(); }

  // What a checkpoint holds; views of the arenas, in layout order.
  std::vector<TensorView> ParameterTensors() const;
  std::vector<TensorView> OptimizerTensors()
      const;  // "adamw.mean.NAME", then "adamw.variance.NAME"

  // Replaces the whole state by that of a checkpoint's directory, which must be of the same
  // parameters. Unchanged after a failure.
  //   kNotFound, kDataLoss  the checkpoint is not there or not whole
  //   kFailedPrecondition   it is of another model, or of another instruction set: the bits would
  //                         not be those of an undisturbed run
  Status Load(const std::filesystem::path& checkpoint, std::string_view instruction_set);

  Digest ComputeDigest() const;  // equal digests, equal bits
  std::int64_t memory_bytes() const;

 private:
  const ParameterLayout& layout_;
  AlignedBuffer parameters_;
  AdamW optimizer_;
};

}  // namespace descent
