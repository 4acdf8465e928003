#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "worker/graph/attributes.h"
#include "worker/graph/types.h"

namespace descent {

class Graph;
struct Node;
struct OpSample;
class SampleSource;

// All knowledge about one op apart from its kernels. One constant object per op, in one file of
// worker/ops; nodes point to it. docs/adding_an_op.md walks through adding one.
struct OpDef {
  std::string_view name;  // lower_case, unique: kernels are found by it

  // The types of the outputs, or kInvalidArgument with what was found and what was wanted. The
  // graph puts the op's name before the message.
  Result<std::vector<TensorType>> (*infer)(std::span<const TensorType> inputs,
                                           const Attributes& attributes);

  // Emits the nodes that compute the gradients of the node's inputs, one id for each input; an
  // invalid id where there is none (labels). `output_gradients` has one id for each output, invalid
  // where nothing flows. Null: the op cannot be differentiated.
  std::vector<ValueId> (*gradient)(Graph& graph, const Node& node,
                                   std::span<const ValueId> output_gradients) = nullptr;

  // Floating-point operations of one run; a transcendental counts as one.
  double (*flops)(std::span<const TensorType> inputs, std::span<const TensorType> outputs,
                  const Attributes& attributes);

  // Draws small valid operands, odd sizes included, for tests of the gradient rule and the kernels.
  OpSample (*sample)(SampleSource& source);

  // Output 0 may overwrite this input where it has its type; -1: none.
  int in_place_input = -1;

  // Output 0 is input 0 in another shape, and lies in the same memory wherever it can. The kernel
  // copies where it cannot, and does nothing where the two are one.
  bool is_view = false;

  // Evaluation replaces output 0 by input 0.
  bool is_identity_in_evaluation = false;

  // Evaluation sets this real attribute to 0; empty: none. For an op of which only a part belongs
  // to training.
  std::string_view zero_in_evaluation = {};

  // Evaluation replaces the op by this one, on the same inputs and for output 0 alone; null: none.
  // For an op that does something else in training.
  const OpDef& (*in_evaluation)() = nullptr;

  // The f32 inputs from this one on take no gradient, such as the targets of a loss; -1: none.
  int first_constant_input = -1;
};

}  // namespace descent
