#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "common/check.h"
#include "worker/kernels/kernel.h"

namespace descent {

// The operands of some rows of a run, on the stack, so that a run does not allocate.
class RowAddresses {
 public:
  static constexpr std::size_t kOperandsMax = 8;

  explicit RowAddresses(const StepRun& run) : run_(run) {
    DESCENT_CHECK(run.inputs.size() <= kOperandsMax);
    DESCENT_CHECK(run.outputs.size() <= kOperandsMax);
  }

  void SetInput(std::size_t i, const void* address) { inputs_[i] = address; }
  void SetOutput(std::size_t i, void* address) { outputs_[i] = address; }

  // Holds as long as this.
  StepRun rows() const {
    StepRun rows = run_;
    rows.inputs = std::span(inputs_).first(run_.inputs.size());
    rows.outputs = std::span(outputs_).first(run_.outputs.size());
    return rows;
  }

 private:
  const StepRun& run_;
  std::array<const void*, kOperandsMax> inputs_;
  std::array<void*, kOperandsMax> outputs_;
};

}  // namespace descent
