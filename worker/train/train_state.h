#pragma once

#include <cstdint>
#include <string>

#include "common/aligned_buffer.h"
#include "common/hash.h"
#include "common/job_spec.h"
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
  const AdamW& optimizer() const { return optimizer_; }
  const ParameterLayout& layout() const { return layout_; }
  std::int64_t steps_done() const { return optimizer_.steps_done(); }

  // The hash of parameters and moments, tensor by tensor in layout order, and of steps_done.
  Digest StateDigest() const;

  std::int64_t memory_bytes() const;

 private:
  const ParameterLayout& layout_;
  AlignedBuffer parameters_;
  AdamW optimizer_;
};

}  // namespace descent
