#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "common/result.h"
#include "worker/graph/graph.h"
#include "worker/kernels/thread_pool.h"

namespace descent {

// What one run of a step reads and writes: dense tensors in the order of the node's operands.
// Randomness is a function of (seed, step, position in the global batch, element).
struct StepRun {
  std::span<const void* const> inputs;
  std::span<void* const> outputs;
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  std::int64_t first_position = 0;  // of row 0 in the global batch

  const float* input(std::size_t i) const { return static_cast<const float*>(inputs[i]); }
  const std::int32_t* labels(std::size_t i) const {
    return static_cast<const std::int32_t*>(inputs[i]);
  }
  float* output(std::size_t i) const { return static_cast<float*>(outputs[i]); }
};

// A node made ready to run: sizes fixed, code generated, scratch memory owned. Run does not
// allocate (the matrix library may), shares its tiles out over the pool, and gives equal bits for
// any number of threads and any alignment of the operands. One Run at a time.
class Step {
 public:
  virtual ~Step() = default;
  virtual void Run(const StepRun& run) = 0;
};

enum class OutputMode {
  kWrite,
  kAccumulate,  // output 0 is added to what is there
};

struct KernelRequest {
  const Graph& graph;
  const Node& node;
  OutputMode mode = OutputMode::kWrite;
  ThreadPool& pool;  // outlives the step

  const TensorType& input(std::size_t i) const { return graph.value(node.inputs[i]).type; }
  const TensorType& output(std::size_t i) const { return graph.value(node.outputs[i]).type; }
};

// How a kernel takes operands that are stored in bf16.
enum class NarrowOperands {
  kWidened,  // it does not: what widens them stands between (widened_step.h)
  kTaken,    // inputs and outputs by itself
  // Its first two inputs by itself, where no other input is in bf16; else widened. Read: and no
  // output is. Multiplied: and the instruction set has products of bf16.
  kRead,
  kMultiplied,
};

// How an op runs on this device.
struct Kernel {
  std::string_view op;
  // Prepares the node. kInternal: the library that should run it failed.
  Result<std::unique_ptr<Step>> (*prepare)(const KernelRequest& request);
  bool can_accumulate = false;
  NarrowOperands narrow_operands = NarrowOperands::kWidened;
};

// Null if no kernel runs that op. Settles the instruction set.
const Kernel* FindKernel(std::string_view op);

}  // namespace descent
