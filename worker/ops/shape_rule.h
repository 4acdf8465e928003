#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "worker/graph/op_def.h"
#include "worker/graph/sample_source.h"

namespace descent {

// The phrases that shape rules are made of. Each is kInvalidArgument, naming what was found.
using TensorTypes = std::span<const TensorType>;

Status ExpectOperands(TensorTypes inputs, std::size_t count);
Status ExpectType(const TensorType& operand, std::string_view name, DataType type);
Status ExpectAxes(const TensorType& operand, std::string_view name, std::size_t axes);
Status ExpectShape(const TensorType& operand, std::string_view name, const Shape& shape);
Status ExpectChannels(const TensorType& operand, std::string_view name);  // f32 [B, C(, H, W)]
Status ExpectProbability(double probability);                             // of a dropout: [0, 1)
Status ExpectSmoothing(double smoothing);                                 // of labels: [0, 1)

// The whole rule of an op on one f32 tensor of any shape, and of one on two of equal shape.
Result<std::vector<TensorType>> InferLikeOnly(TensorTypes inputs, const Attributes& attributes);
Result<std::vector<TensorType>> InferLikeBoth(TensorTypes inputs, const Attributes& attributes);

// Elements of the first input, times `operations` each.
template <int operations>
double FlopsPerElement(TensorTypes inputs, TensorTypes, const Attributes&) {
  return operations * static_cast<double>(ElementCount(inputs[0].shape));
}

// One or two operands of one odd shape, away from zero.
OpSample SampleOne(SampleSource& source);
OpSample SampleTwo(SampleSource& source);

// A small shape that ExpectChannels takes.
Shape SampleChannels(SampleSource& source);

}  // namespace descent
